"""Which Remotes are read at once, beside one another: for `execute.ahead`.

Those of stores that are waited for (another process, a network), that wait for no keys of others,
and that the statement reads to their ends: one that a LIMIT or an EXISTS may leave unread is begun
when it is asked for. A side that is not looked at since the other has no rows costs what it reads
until the statement ends, its first batch at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlshim.backends.protocol import Backend
from sqlshim.ir.relational import LOCAL, Rel, Remote
from sqlshim.plan.scan_uses import read_whole

MOST = 8


def read_at_once(rel: Rel, stores: Mapping[str, Backend]) -> tuple[Remote, ...]:
    """The Remotes of a split plan that are begun together; none, or several."""
    found = dict.fromkeys(r for r in _read(rel) if _is_free(r, stores))
    return tuple(found)[:MOST] if len(found) > 1 else ()


def _read(rel: Rel) -> Iterator[Remote]:
    for remote in read_whole(rel):
        yield remote
        if remote.store == LOCAL:
            yield from _read(remote.rel)


def _is_free(remote: Remote, stores: Mapping[str, Backend]) -> bool:
    if remote.store == LOCAL or remote.keys or remote.sieves:
        return False
    return stores[remote.store].is_waited_for
