"""Golden journeys: each case of golden/*.golden through the stages its sections name.

A case is a title, a statement (perhaps with its parameters, and the MongoDB server that is asked:
`-- server: 4.4`, `-- server: FerretDB 2.0`) and sections. `pytest --accept` writes what is there
now: read the difference before committing it. The tables are in world.sql; `docs.` and `ring.` are
the MongoDB and the Cassandra store, the others are tables in memory.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from sqlshim.backends.cassandra.accept import accept as cassandra_accept
from sqlshim.backends.cassandra.compile import compile_query as compile_cql
from sqlshim.backends.duckdb.compile.relations import compile_query as compile_duck
from sqlshim.backends.mongo.ages import accept as mongo_accept
from sqlshim.backends.mongo.capabilities import NEWEST, Server, named
from sqlshim.backends.mongo.native import compile_native as compile_mongo
from sqlshim.backends.protocol import Accepted, Native, Pushdown
from sqlshim.ir import walk
from sqlshim.ir.relational import Rel, Remote
from sqlshim.ir.show import show_rel
from sqlshim.plan.optimize import optimize
from sqlshim.plan.split import split
from sqlshim.sql.params import Arguments
from tests import world

FILES = sorted((Path(__file__).parent / "golden").glob("*.golden"))
_SECTION = re.compile(r"^-- (bound|plan|split|mongo|always|cql|duck|error) -+\n", re.M)
_PARAMETERS = re.compile(r"^-- parameters: (.+)\n", re.M)
_SERVER = re.compile(r"^-- server: (.+)\n", re.M)


@dataclass(frozen=True)
class Case:
    title: str
    sql: str
    sections: tuple[tuple[str, str], ...]
    arguments: Arguments | None = None
    server: str = ""

    def __str__(self) -> str:
        given = f"-- server: {self.server}\n" if self.server else ""
        given += "" if self.arguments is None else f"-- parameters: {self.arguments!r}\n"
        parts = [f"-- {name} ".ljust(18, "-") + f"\n{text}\n" for name, text in self.sections]
        return f"=== {self.title}\n{given}{self.sql}\n{''.join(parts)}"

    def now(self) -> Case:
        sections = tuple((name, STAGES[name](self)) for name, _ in self.sections)
        return replace(self, sections=sections)


def read(text: str) -> list[Case]:
    """The cases of a golden file; what stands before the first `===` is a comment."""
    return [_case(block) for block in re.split(r"^=== ", text, flags=re.M)[1:]]


def _case(block: str) -> Case:
    title, _, rest = block.partition("\n")
    sql, *parts = _SECTION.split(rest)
    server = _SERVER.search(sql)
    given = _PARAMETERS.search(sql)
    arguments = ast.literal_eval(given[1]) if given else None
    sql = _SERVER.sub("", _PARAMETERS.sub("", sql)).strip("\n")
    texts = [text.rstrip("\n") for text in parts[1::2]]
    sections = tuple(zip(parts[::2], texts, strict=True))
    return Case(title, sql, sections, arguments, server[1] if server else "")


# --- the stages ----------------------------------------------------------------------------


def _plan(case: Case) -> Rel:
    return optimize(world.rel(case.sql, case.arguments))


def _bound(case: Case) -> str:
    result = world.query(case.sql, case.arguments)
    columns = ", ".join(f"{c.name} {world.type_name(c.type)}" for c in result.columns)
    return f"{show_rel(result.rel)}\n=> {columns}"


@dataclass(frozen=True)
class Store:
    """The part of a backend that `split` needs."""

    accept: Callable[[Rel, Pushdown], Accepted]


def _stores(case: Case) -> dict[str, Store]:
    mongo = partial(mongo_accept, server=_server(case))
    return {
        "": Store(lambda rel, pushdown: Accepted(rel)),
        "docs": Store(mongo),
        "ring": Store(cassandra_accept),
    }


def _server(case: Case) -> Server:
    return named(case.server) if case.server else NEWEST


def _split(case: Case, pushdown: Pushdown = Pushdown.AUTO) -> Rel:
    return split(_plan(case), _stores(case), pushdown)


def _reasons(remote: Remote) -> list[str]:
    return [f"local from here: {remote.why_not_more}"] if remote.why_not_more else []


def _mongo(case: Case, pushdown: Pushdown = Pushdown.AUTO) -> str:
    return _native(partial(compile_mongo, server=_server(case)), "docs", case, pushdown)


def _native(
    compile_store: Callable[[Rel], Native],
    store: str,
    case: Case,
    pushdown: Pushdown = Pushdown.AUTO,
) -> str:
    """The native queries that one store gets, each after its access path."""
    remotes = [r for r in walk.every_rel(_split(case, pushdown)) if isinstance(r, Remote)]
    natives = [compile_store(r.rel) for r in remotes if r.store == store]
    lines = (line for n in natives for line in (f"# {n.access_path}", *n.show()))
    return "\n".join(lines)


STAGES: dict[str, Callable[[Case], str]] = {
    "bound": _bound,
    "plan": lambda case: show_rel(_plan(case)),
    "split": lambda case: show_rel(_split(case), _reasons),
    "mongo": _mongo,
    "always": partial(_mongo, pushdown=Pushdown.ALWAYS),
    "cql": partial(_native, compile_cql, "ring"),
    "duck": lambda case: "\n".join(compile_duck(_plan(case)).pretty()),
    "error": lambda case: world.error(case.sql, case.arguments),
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_stage_is_as_recorded(file: Path, accept: bool) -> None:
    text = file.read_text(encoding="utf-8")
    cases = read(text)
    assert len({case.title for case in cases}) == len(cases) <= 40
    now = text.partition("=== ")[0] + "\n".join(str(case.now()) for case in cases)
    if accept:
        file.write_text(now, encoding="utf-8")
    assert now == (now if accept else text)


def test_a_case_reads_back_as_it_was_written() -> None:
    case = Case("a title", "SELECT $1\nFROM t", (("plan", "Scan t"), ("cql", "?")), [1])
    assert read(f"a comment\n\n{case}") == [case]
