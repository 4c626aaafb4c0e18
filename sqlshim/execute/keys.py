"""Key sets at run time: a Remote whose keys others wait for is read first and kept.

`Reading.open(remote)` is the stream of a Remote for the local engine; before it starts, the Remotes
that its keys come from are read, each once. What is kept is bounded: a Remote with more rows than
`MOST_KEPT` passes no keys, and its rows go on to the engine as they come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlshim.backends.kept import Kept, sieved
from sqlshim.backends.protocol import Stream
from sqlshim.ir.relational import KeySet, Remote, Sieve

MOST_KEPT = 1_000_000  # rows of a Remote that are held until the engine asks for them

Start = Callable[[Remote, Sequence[object]], Stream]


@dataclass(eq=False)
class Reading:
    """One execution. `sources` are the Remotes that others take keys from, by column number;
    `start` opens the stream of a Remote with these parameters."""

    sources: Mapping[int, Remote]
    params: Sequence[object]
    start: Start
    _kept: dict[Remote, Kept] = field(default_factory=dict)
    # The engine pulls from several threads; a Remote may wait for one that waits for another.
    _locks: dict[Remote, threading.Lock] = field(init=False)

    def __post_init__(self) -> None:
        self._locks = {remote: threading.Lock() for remote in self.sources.values()}

    def open(self, remote: Remote) -> Stream:
        """The rows of a Remote, for the local engine."""
        if remote not in self._locks:
            return self._started(remote)
        return self._read(remote).again()

    def _started(self, remote: Remote) -> Stream:
        params = self.params
        if remote.keys:
            found = {key.param.index: self._keys(key) for key in remote.keys}
            filled = [*params, *[None] * (max(found) + 1 - len(params))]
            for index, keys in found.items():
                filled[index] = keys
            params = filled
        values = [(s.column, self._source(s).values(s.source)) for s in remote.sieves]
        return sieved(self.start(remote, params), values)

    def _keys(self, key: KeySet) -> list[object] | None:
        kept = self._source(key)
        if key.beside:
            return kept.distinct_rows((key.source, *key.beside), key.most)
        return kept.distinct(key.source, key.most)

    def _source(self, key: KeySet | Sieve) -> Kept:
        return self._read(self.sources[key.source.id])

    def _read(self, remote: Remote) -> Kept:
        """The rows of a Remote, read at the first call."""
        with self._locks[remote]:
            if remote not in self._kept:
                self._kept[remote] = Kept(self._started(remote), MOST_KEPT)
            return self._kept[remote]
