"""The one text form of plans and expressions: EXPLAIN, error messages and golden files.

`show_scalar(e)` is one line that reads like SQL; `show_rel(r)` is an indented tree, a line a node.
Columns show as their names; where one name stands for several columns, as `name#number`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from typing import assert_never

from sqlshim.functions import documents
from sqlshim.functions import operators as op
from sqlshim.functions.keys import IN_KEYS
from sqlshim.functions.model import Function, Role
from sqlshim.ir import walk
from sqlshim.ir.relational import (
    Aggregate,
    Filter,
    GroupingSets,
    Join,
    Limit,
    Project,
    Recursive,
    Rel,
    Remote,
    Scan,
    Series,
    SetOp,
    Shared,
    Sort,
    Unnest,
    Values,
    Window,
    WorkingTable,
)
from sqlshim.ir.scalar import (
    DEFAULT_FRAME,
    AggregateCall,
    Call,
    Case,
    Cast,
    Column,
    Exclude,
    Frame,
    FrameBound,
    InList,
    Literal,
    Param,
    Scalar,
    SortKey,
    Subquery,
    SubqueryKind,
    WindowCall,
)
from sqlshim.types import Interval

_POSTFIX = {op.IS_NULL, op.IS_NOT_NULL, op.IS_TRUE, op.IS_FALSE}
_PREFIX = {op.NOT, op.NEG}
_ALWAYS_LIST = 8  # longer IN lists and VALUES are cut in the text form

Names = Callable[[Column], str]


def plain_name(column: Column) -> str:
    """The name alone, for places where it cannot be mistaken."""
    return column.name


def show_scalar(expr: Scalar, name: Names = plain_name) -> str:
    """`expr` as one line of SQL-like text."""
    match expr:
        case Column():
            return name(expr)
        case Literal(value=value):
            return show_value(value)
        case Param(index=index):
            return f"${index + 1}"
        case Call(fn=fn, args=(*several, Param(index=index))) if fn is IN_KEYS and len(several) > 1:
            row = ", ".join(show_scalar(e, name) for e in several)
            return f"({row}) IN KEYS ${index + 1}"
        case Call(fn=documents.FIELD, args=(value, Literal(value=part))):
            return f"{_operand(value, name)}.{part}"
        case Call():
            return _show_call(expr.fn, [_operand(e, name) for e in expr.args], expr, name)
        case Cast():
            word = "TRY_CAST" if expr.safe else "CAST"
            return f"{word}({show_scalar(expr.arg, name)} AS {expr.type})"
        case Case():
            arms = " ".join(
                f"WHEN {show_scalar(c, name)} THEN {show_scalar(v, name)}" for c, v in expr.arms
            )
            return f"CASE {arms} ELSE {show_scalar(expr.default, name)} END"
        case InList():
            return f"{_operand(expr.arg, name)} IN ({_shortened(expr.items, name)})"
        case Subquery():
            return _show_subquery(expr, name)
        case _:
            assert_never(expr)


def _show_subquery(expr: Subquery, name: Names) -> str:
    inner = "(" + " < ".join(_title(r) for r in _spine(expr.rel)) + ")"
    if expr.kind is SubqueryKind.EXISTS:
        return f"EXISTS {inner}"
    if expr.kind is SubqueryKind.SCALAR or expr.op is None:
        return inner
    word = "ALL" if expr.every else "ANY"
    left = ", ".join(show_scalar(e, name) for e in expr.args)
    return f"({left}) {expr.op.symbol} {word} {inner}"


def _spine(rel: Rel) -> Iterator[Rel]:
    yield rel
    below = walk.inputs(rel)
    if len(below) == 1:
        yield from _spine(below[0])


def _title(rel: Rel) -> str:
    return f"Scan {rel.table.full_name}" if isinstance(rel, Scan) else type(rel).__name__


def show_value(value: object) -> str:
    """A constant as SQL text."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case str():
            return "'" + value.replace("'", "''") + "'"
        case bytes():
            return f"'\\x{value.hex()}'"
        case dt.datetime():
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        case dt.date():
            return f"DATE '{value.isoformat()}'"
        case dt.time():
            return f"TIME '{value.isoformat()}'"
        case Interval():
            return f"INTERVAL '{value}'"
        case _:
            return str(value)


def _shortened(items: tuple[Scalar, ...], name: Names) -> str:
    shown = [show_scalar(e, name) for e in items[:_ALWAYS_LIST]]
    more = len(items) - len(shown)
    return ", ".join(shown) + (f", … {more} more" if more else "")


_TIGHT = (op.NEG, documents.FIELD)


def _operand(expr: Scalar, name: Names) -> str:
    text = show_scalar(expr, name)
    loose = isinstance(expr, Call) and expr.fn.symbol and expr.fn not in _TIGHT
    return f"({text})" if loose or isinstance(expr, InList) else text


def _show_call(fn: Function, args: list[str], call: Call, name: Names) -> str:
    if fn in (op.LIKE, op.ILIKE):
        escape = call.args[2]
        default = isinstance(escape, Literal) and escape.value == "\\"
        return f"{args[0]} {fn.symbol} {args[1]}" + ("" if default else f" ESCAPE {args[2]}")
    if fn in _POSTFIX:
        return f"{args[0]} {fn.symbol}"
    if fn in _PREFIX:
        return f"{fn.symbol} {args[0]}" if fn is op.NOT else f"{fn.symbol}{args[0]}"
    if fn.symbol:
        return f" {fn.symbol} ".join(args)
    return f"{fn.name}({', '.join(show_scalar(e, name) for e in call.args)})"


def show_aggregate(call: AggregateCall, name: Names) -> str:
    """One aggregate call as text."""
    inner = ", ".join(show_scalar(e, name) for e in call.args) or "*"
    if call.distinct:
        inner = f"DISTINCT {inner}"
    if call.order:
        inner += " ORDER BY " + _sort(call.order, name)
    text = f"{call.fn.name}({inner})"
    return text if call.filter is None else f"{text} FILTER ({show_scalar(call.filter, name)})"


def show_window(call: WindowCall, name: Names) -> str:
    """One window call as text; the default frame is left out."""
    text = show_aggregate(AggregateCall(call.fn, call.args, call.type, filter=call.filter), name)
    if not call.args and call.fn.role is Role.WINDOW:
        text = text.replace("(*)", "()", 1)
    if call.ignore_nulls:
        text += " IGNORE NULLS"
    parts = []
    if call.partition:
        parts.append("PARTITION BY " + ", ".join(show_scalar(e, name) for e in call.partition))
    if call.order:
        parts.append("ORDER BY " + _sort(call.order, name))
    if call.frame != DEFAULT_FRAME:
        parts.append(_show_frame(call.frame, name))
    return f"{text} OVER ({' '.join(parts)})"


def _show_frame(frame: Frame, name: Names) -> str:
    start, end = _show_bound(frame.start, name), _show_bound(frame.end, name)
    text = f"{frame.unit} BETWEEN {start} AND {end}"
    return text if frame.exclude is Exclude.NO_OTHERS else f"{text} EXCLUDE {frame.exclude}"


def _show_bound(bound: FrameBound, name: Names) -> str:
    return ("" if bound.offset is None else show_scalar(bound.offset, name) + " ") + bound.kind


def _sort(keys: tuple[SortKey, ...], name: Names) -> str:
    return ", ".join(
        show_scalar(k.expr, name)
        + (" DESC" if k.descending else "")
        + (
            ""
            if k.nulls_first == k.descending
            else f" NULLS {'FIRST' if k.nulls_first else 'LAST'}"
        )
        for k in keys
    )


# --- trees ---------------------------------------------------------------------------------


Detail = Callable[[Remote], list[str]] | None


def show_rel(rel: Rel, detail: Detail = None) -> str:
    """The tree, one line a node. `detail` adds lines under a Remote: path, native query."""
    return "\n".join(_lines(rel, _naming(rel), detail, 0, set()))


def _naming(rel: Rel) -> Names:
    columns = {c.id: c.name for node in walk.every_rel(rel) for c in node.columns}
    count = Counter(columns.values())
    return lambda c: c.name if count[c.name] <= 1 else f"{c.name}#{c.id}"


def _lines(rel: Rel, name: Names, detail: Detail, depth: int, seen: set[int]) -> Iterator[str]:
    """`seen` are the shared relations whose body has been shown."""
    pad = "  " * depth
    yield (pad + show_node(rel, name)).rstrip()
    if isinstance(rel, Remote) and detail is not None:
        yield from (f"{pad}  | {line}" for line in detail(rel))
    for expr in walk.scalars(rel):
        for part in walk.every_scalar(expr):
            if isinstance(part, Subquery):
                yield f"{pad}  Subquery ({part.kind})"
                yield from _lines(part.rel, name, detail, depth + 2, seen)
    if isinstance(rel, Shared):
        if rel.number in seen:
            return
        seen.add(rel.number)
    for child in walk.inputs(rel):
        yield from _lines(child, name, detail, depth + 1, seen)


def show_node(rel: Rel, name: Names) -> str:
    """The line of one node."""
    match rel:
        case Scan():
            return f"Scan {rel.table.full_name} [{', '.join(map(name, rel.columns))}]"
        case Values():
            return f"Values {len(rel.rows)} row(s) [{', '.join(map(name, rel.columns))}]"
        case Series():
            bounds = ", ".join(show_scalar(e, name) for e in (rel.start, rel.stop, rel.step))
            return f"Series {bounds} AS {name(rel.columns[0])}"
        case Filter():
            return "Filter " + " AND ".join(_operand(e, name) for e in rel.where)
        case Project():
            return "Project " + ", ".join(_item(c, e, name) for c, e in rel.items)
        case Join():
            on = " AND ".join(_operand(e, name) for e in rel.on) or "true"
            return f"Join {'lateral ' if rel.lateral else ''}{rel.kind} ON {on}"
        case Aggregate():
            return _aggregate(rel, name)
        case GroupingSets():
            return _grouping_sets(rel, name)
        case Unnest():
            number = "" if rel.ordinality is None else f" ORDINALITY {name(rel.ordinality)}"
            kept = " KEEP EMPTY" if rel.keep_empty else ""
            return "Unnest " + ", ".join(_item(c, e, name) for c, e in rel.arrays) + number + kept
        case Window():
            return "Window " + ", ".join(
                f"{show_window(w, name)} AS {name(c)}" for c, w in rel.calls
            )
        case Sort():
            return "Sort " + _sort(rel.keys, name)
        case Limit():
            count = "all" if rel.count is None else show_scalar(rel.count, name)
            return f"Limit {count}" + (
                f" OFFSET {show_scalar(rel.offset, name)}" if rel.offset else ""
            )
        case SetOp():
            return f"SetOp {rel.kind} [{', '.join(map(name, rel.columns))}]"
        case Shared():
            return f"Shared {rel.number} [{', '.join(map(name, rel.columns))}]"
        case Recursive():
            kind = "union" if rel.distinct else "union all"
            return f"Recursive {rel.number} {kind} [{', '.join(map(name, rel.columns))}]"
        case WorkingTable():
            return f"WorkingTable {rel.number} [{', '.join(map(name, rel.columns))}]"
        case Remote():
            return f"Remote {rel.store}" + _passed(rel, name)
        case _:
            assert_never(rel)


def _passed(rel: Remote, name: Names) -> str:
    """Which keys of others it is given, and which reduce what comes of it."""
    keys = ", ".join(", ".join(map(name, (key.source, *key.beside))) for key in rel.keys)
    sieves = ", ".join(f"{name(s.column)} in {name(s.source)}" for s in rel.sieves)
    return (f" keys from {keys}" if keys else "") + (f" reduced by {sieves}" if sieves else "")


def _aggregate(rel: Aggregate, name: Names) -> str:
    calls = ", ".join(f"{show_aggregate(a, name)} AS {name(c)}" for c, a in rel.calls)
    keys = ", ".join(_item(c, e, name) for c, e in rel.keys)
    return "Aggregate" + (f" {calls}" if calls else "") + (f" BY {keys}" if keys else "")


def _grouping_sets(rel: GroupingSets, name: Names) -> str:
    def listed(chosen: tuple[int, ...]) -> str:
        return "(" + ", ".join(show_scalar(rel.keys[i][1], name) for i in chosen) + ")"

    made = [f"{show_aggregate(a, name)} AS {name(c)}" for c, a in rel.calls]
    made += [f"GROUPING{listed(keys)} AS {name(c)}" for c, keys in rel.masks]
    keys = ", ".join(_item(c, e, name) for c, e in rel.keys)
    by = f" BY {keys}" if keys else ""
    return (
        f"GroupingSets {', '.join(made)}".rstrip() + f"{by} SETS {', '.join(map(listed, rel.sets))}"
    )


def _item(column: Column, expr: Scalar, name: Names) -> str:
    if isinstance(expr, Column) and (expr.id == column.id or expr.name == column.name):
        return name(expr)
    return f"{show_scalar(expr, name)} AS {name(column)}"
