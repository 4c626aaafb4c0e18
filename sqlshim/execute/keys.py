"""Key sets at run time: a Remote whose keys others wait for is read first and kept.

`Reading.open(remote)` is the stream of a Remote for the local engine; before it starts, the Remotes
that its keys come from are read, each once. What is kept is bounded: a Remote with more rows than
`MOST_KEPT` passes no keys, and its rows go on to the engine as they come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlshim.backends.arrow import Kept
from sqlshim.backends.protocol import Stream
from sqlshim.ir.relational import KeySet, Remote

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
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def open(self, remote: Remote) -> Stream:
        """The rows of a Remote, for the local engine."""
        if remote not in self.sources.values():
            return self._started(remote)
        with self._lock:
            return self._read(remote).again()

    def _started(self, remote: Remote) -> Stream:
        if not remote.keys:
            return self.start(remote, self.params)
        with self._lock:
            found = {key.param.index: self._keys(key) for key in remote.keys}
        filled = [*self.params, *[None] * (max(found) + 1 - len(self.params))]
        for index, keys in found.items():
            filled[index] = keys
        return self.start(remote, filled)

    def _keys(self, key: KeySet) -> list[object] | None:
        return self._read(self.sources[key.source.id]).distinct(key.source, key.most)

    def _read(self, remote: Remote) -> Kept:
        """The rows of a Remote, read at the first call."""
        if remote not in self._kept:
            self._kept[remote] = Kept(self._started(remote), MOST_KEPT)
        return self._kept[remote]
