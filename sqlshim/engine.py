"""The spine: text to prepared statement to running stream. Wires everything, decides nothing.

`prepare` is pure but for catalog look-ups and is cached; `run` executes what it made. Called by
`dbapi`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any

from sqlshim.backends.arrow import BatchStream, RowStream
from sqlshim.backends.protocol import (
    DYNAMIC,
    Backend,
    Changed,
    LocalEngine,
    Options,
    Pushdown,
    RunContext,
    Stream,
)
from sqlshim.bind.arguments import params_of
from sqlshim.bind.context import NeedsValue, Slot
from sqlshim.bind.statement import BoundStatement, bind
from sqlshim.catalog.catalog import Catalog
from sqlshim.catalog.growing import Growing
from sqlshim.collecting import not_collecting
from sqlshim.errors import Error, StatementTooComplex, TableExists, UnknownName
from sqlshim.execute import write
from sqlshim.execute.run import Plan, open_plan
from sqlshim.execute.stores import attach, detach, set_option
from sqlshim.ir.relational import Rel
from sqlshim.ir.scalar import Column
from sqlshim.ir.statement import (
    Attach,
    CreateTable,
    Delete,
    Detach,
    DropTable,
    Insert,
    Query,
    SetOption,
    Statement,
    Truncate,
    Update,
)
from sqlshim.planning import Planner, computed, explain_lines
from sqlshim.sql.dialects import dialect_named
from sqlshim.sql.hints import hints
from sqlshim.sql.params import Arguments, Placeholders, uniform
from sqlshim.sql.parse import Parsed, parse, with_caret
from sqlshim.types import TEXT, SqlType
from sqlshim.values import type_of

CACHED_STATEMENTS = 512


@dataclass
class World:
    """All that a connection holds. `local` opens the local engine when first called."""

    catalog: Catalog
    stores: dict[str, Backend]  # ATTACH adds to it
    local: Callable[[], LocalEngine]
    options: Options
    dialect: str
    pushdown: Pushdown
    cache: OrderedDict[object, Prepared | ByValue] = field(default_factory=OrderedDict)
    texts: OrderedDict[object, Placeholders] = field(default_factory=OrderedDict)

    @property
    def planner(self) -> Planner:
        return Planner(self.stores, self.local, self.pushdown)


@dataclass(frozen=True)
class Prepared:
    """A statement ready to run. `columns` is None for a statement without rows."""

    statement: Statement
    slots: tuple[Slot, ...]
    plan: Plan | None
    columns: tuple[Column, ...] | None
    explained: tuple[str, ...] | None = None
    hints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ByValue:
    """In the cache for a statement that is planned for each value of some arguments, which stand
    where only a constant may: the unit of DATE_TRUNC, a time zone."""

    occurrences: tuple[int, ...]


@dataclass
class Result:
    """What `run` gives: a stream of rows, or the number of rows written (-1: not applicable)."""

    columns: tuple[Column, ...] | None
    stream: Stream | None
    rowcount: int = -1
    wrote: bool = False  # although there is a stream


# --- prepare -------------------------------------------------------------------------------


def prepare(
    text: str, arguments: Arguments | None, world: World
) -> tuple[Prepared, tuple[object, ...]]:
    """The prepared statement and the arguments in order of occurrence."""
    places = _placeholders(text, arguments is not None, world)
    values = places.values(arguments)
    types = tuple(type_of(v) for v in values)
    version = world.catalog.version
    key: object = (text, places.keys, world.dialect, world.pushdown, version, types)
    found = world.cache.get(key)
    known: dict[int, str] = {}
    if isinstance(found, ByValue):
        known = {n: str(values[n]) for n in found.occurrences}
        found = world.cache.get((key, *known.items()))
    if isinstance(found, Prepared):
        return found, values
    with not_collecting():
        prepared = _prepared(text, places, types, known, values, world)
    # Of tables that were changed meanwhile it may be the state before or the one after.
    if world.catalog.version == version:
        if known:
            _remember(world.cache, key, ByValue(tuple(known)))
            key = (key, *known.items())
        _remember(world.cache, key, prepared)
    return prepared, values


def _prepared(
    text: str,
    places: Placeholders,
    types: tuple[SqlType, ...],
    known: dict[int, str],
    values: Sequence[object],
    world: World,
) -> Prepared:
    """The statement for these types, and for the values that must be known: these are added."""
    while True:
        try:
            return _prepare(text, places, types, known, world)
        except NeedsValue as needed:
            known[needed.occurrence] = str(values[needed.occurrence])


def _placeholders(text: str, has_arguments: bool, world: World) -> Placeholders:
    key = (text, has_arguments, world.dialect)
    places = world.texts.get(key)
    if places is None:
        backslash = world.dialect in ("mysql", "bigquery")
        places_in_from = world.dialect == "snowflake" and not has_arguments  # what $1 names
        places = uniform(text, has_arguments, backslash, numbered=not places_in_from)
        _remember(world.texts, key, places)
    return places


def _remember(cache: OrderedDict[object, Any], key: object, value: object) -> None:
    cache[key] = value
    if len(cache) > CACHED_STATEMENTS:
        cache.popitem(last=False)


def _prepare(
    text: str,
    places: Placeholders,
    types: tuple[SqlType, ...],
    known: Mapping[int, str],
    world: World,
) -> Prepared:
    parsed = parse(text, places, dialect_named(world.dialect))
    try:
        bound = _bound(parsed, types, known, world)
    except Error as error:
        raise _placed(error, places, text) from error.__cause__
    try:
        prepared = _planned(bound, world)
    except RecursionError as error:
        raise StatementTooComplex(
            "the statement is nested too deeply", hint="Flatten nested queries and expressions."
        ) from error
    prepared = replace(prepared, hints=hints(text))
    return _explained(prepared, world) if parsed.explain else prepared


def _bound(
    parsed: Parsed, types: tuple[SqlType, ...], known: Mapping[int, str], world: World
) -> BoundStatement:
    """The bound statement; with schema="dynamic" bound again for each field that it tells of."""
    if world.options.schema != DYNAMIC:
        return bind(parsed.tree, world.catalog, types, world.dialect, known)
    tables = Growing(world.catalog)
    while True:
        try:
            return bind(parsed.tree.copy(), tables, types, world.dialect, known)
        except UnknownName as error:
            if not tables.grow(error.fields):
                raise


def _placed(error: Error, places: Placeholders, text: str) -> Error:
    """`error` with its position in the caller's text and a caret under it."""
    if error.position is not None:
        error.position = places.original(error.position - 1) + 1
    return with_caret(error, text)


def _planned(bound: BoundStatement, world: World) -> Prepared:
    rel = _source(bound.statement)
    plan = None if rel is None else world.planner.plan(rel, len(bound.slots))
    return Prepared(bound.statement, bound.slots, plan, _returned_by(bound.statement))


def _source(statement: Statement) -> Rel | None:
    """The rows that a statement needs a plan for."""
    match statement:
        case Query(rel=rel):
            return rel
        case Insert(source=source):
            return None if write.is_constant(source) else source
        case Update(source=source) | Delete(source=source):
            return source
        case CreateTable(source=filled_from):
            return filled_from
        case DropTable() | Truncate() | Attach() | Detach() | SetOption():
            return None


def _returned_by(statement: Statement) -> tuple[Column, ...] | None:
    match statement:
        case Query(columns=columns):
            return columns
        case Insert() | Update() | Delete():
            return statement.returning
        case _:
            return None


# --- EXPLAIN -------------------------------------------------------------------------------


def _explained(prepared: Prepared, world: World) -> Prepared:
    if prepared.plan is None:
        lines = [type(prepared.statement).__name__]
    else:
        lines = explain_lines(prepared.plan, world.stores, len(prepared.slots))
    column = Column(-1, "QUERY PLAN", TEXT.with_null(False))
    return Prepared(prepared.statement, (), None, (column,), tuple(lines))


# --- run -----------------------------------------------------------------------------------


def run(prepared: Prepared, values: Sequence[object], world: World, context: RunContext) -> Result:
    """Execute a prepared statement with these argument values."""
    if prepared.explained is not None:
        rows: list[list[tuple[object, ...]]] = [[(line,) for line in prepared.explained]]
        assert prepared.columns is not None
        return Result(prepared.columns, RowStream(prepared.columns, rows))
    context.hints = prepared.hints
    match prepared.statement:
        case Query():
            params = params_of(prepared.slots, values)
            return Result(prepared.columns, _open(prepared, params, world, context))
        case Insert(returning=None):
            return run_many([(prepared, [values])], world, context)
        case Insert():
            opened = partial(_open, prepared, params_of(prepared.slots, values), world, context)
            changed = write.insert_returning(prepared.statement, world.stores, opened, context)
            return _returned(prepared, world, changed)
        case Update() | Delete():
            opened = partial(_open, prepared, params_of(prepared.slots, values), world, context)
            changed = write.change(prepared.statement, world.stores, opened, context)
            return _returned(prepared, world, changed)
        case CreateTable():
            return _create(prepared, values, world, context)
        case Truncate(tables=tables):
            write.truncate(tables, world.stores)
            for table in tables:
                world.catalog.wrote(table, inf)
        case SetOption():
            set_option(prepared.statement, world.stores)
        case DropTable() | Attach() | Detach():
            _change_stores(prepared, values, world)
            world.catalog.refresh()
    return Result(None, None)


def _change_stores(prepared: Prepared, values: Sequence[object], world: World) -> None:
    """Which tables and stores there are."""
    match prepared.statement:
        case DropTable():
            write.drop_tables(prepared.statement, world.stores)
        case Attach(uri=uri, name=name):
            where = write.constant(uri, params_of(prepared.slots, values))
            attach(str(where), name, world.stores, world.options)
        case Detach(name=name, if_exists=if_exists):
            detach(name, if_exists, world.stores)


def run_many(
    groups: Sequence[tuple[Prepared, Sequence[Sequence[object]]]], world: World, context: RunContext
) -> Result:
    """One INSERT as one bulk: groups of (prepared for these types, argument rows), in order."""
    statement = groups[0][0].statement
    assert isinstance(statement, Insert)
    context.hints = groups[0][0].hints

    def rows() -> Iterator[write.Row]:
        for prepared, arguments in groups:
            for values in arguments:
                yield from _source_rows(prepared, values, world, context)

    return Result(None, None, _inserted(statement, rows(), world, context))


def _inserted(
    statement: Insert, rows: Iterator[write.Row], world: World, context: RunContext
) -> int:
    count = write.insert(statement, world.stores, rows, context)
    world.catalog.wrote(statement.table, count)
    return count


def _source_rows(
    prepared: Prepared, values: Sequence[object], world: World, context: RunContext
) -> Iterator[write.Row]:
    assert isinstance(prepared.statement, Insert)
    params = params_of(prepared.slots, values)
    if prepared.plan is None:
        yield from write.constant_rows(prepared.statement.source, params)
    else:
        yield from write.rows_of(partial(_open, prepared, params, world, context))


def _open(
    prepared: Prepared, params: Sequence[object], world: World, context: RunContext
) -> Stream:
    plan = prepared.plan
    assert plan is not None
    constants = computed(plan.constants, params, world.local, context)
    if constants is None:
        assert plan.plain is not None
        plan, constants = plan.plain(), ()
    return open_plan(plan, world.stores, world.local, (*params, *constants), context)


def _returned(prepared: Prepared, world: World, changed: Changed) -> Result:
    """The number of rows written and, if the statement says RETURNING, its rows."""
    if isinstance(prepared.statement, Insert | Delete):
        world.catalog.wrote(prepared.statement.table, changed.count)
    columns = prepared.columns
    stream = None if columns is None else BatchStream(columns, changed.last(len(columns)))
    return Result(columns, stream, changed.count, wrote=True)


def _create(
    prepared: Prepared, values: Sequence[object], world: World, context: RunContext
) -> Result:
    statement = prepared.statement
    assert isinstance(statement, CreateTable)
    store = world.catalog.store_for_new(statement.store)
    known = {n.casefold() for n in world.catalog.names(store)}
    if statement.name.casefold() in known:
        if statement.if_not_exists:
            return Result(None, None)
        raise TableExists(statement.name)
    write.create_table(statement, world.stores[store])
    world.catalog.refresh()
    if statement.source is None or not statement.filled:
        return Result(None, None)
    table = world.catalog.find([(store, True), (statement.name, True)][0 if store else 1 :])
    try:
        params = params_of(prepared.slots, values)
        rows = write.rows_of(partial(_open, prepared, params, world, context))
        filling = Insert(table, tuple(c.name for c in statement.columns), statement.source)
        return Result(None, None, _inserted(filling, rows, world, context))
    except BaseException as error:  # no half-filled table stays
        write.drop_after(error, table, world.stores[store])
        world.catalog.refresh()
        raise
