"""Functions that return rows: generate_series, json_each, string_to_table and their kin. Each is
an array here, of which UNNEST makes rows: in FROM and in the select list alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, cast, coerce
from sqlshim.bind.functions.json import entries, json_array
from sqlshim.bind.functions.jsonb_operators import along
from sqlshim.bind.functions.regex_functions import regexp_matches, regexp_split
from sqlshim.bind.scope import position
from sqlshim.bind.types import sql_type
from sqlshim.errors import DataError, NotSupportedError, ProgrammingError, UnknownFunction
from sqlshim.functions import arrays, documents
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Column, Literal, Scalar
from sqlshim.types import (
    BIGINT,
    INTEGER,
    INTEGERS,
    INTERVAL,
    JSON,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    Interval,
    Kind,
    SqlType,
    array,
    decimal,
)

SERIES = (exp.ExplodingGenerateSeries, exp.GenerateSeries)
_NAME = "generate_series"
_STEPS = {TIMESTAMP.kind, TIMESTAMPTZ.kind, Kind.DATE}
_EXACT = INTEGERS | {Kind.DECIMAL}
_DIGITS = 19  # of a BIGINT
_SMALL = (Kind.SMALLINT, Kind.INTEGER)


def series_type(args: Sequence[Scalar], function: exp.Expr) -> SqlType:
    """That of the values: PostgreSQL's overloads ; two dates count in instants."""
    kinds = {a.type.kind for a in args[:2]} - {Kind.UNKNOWN}
    if all(a.type.kind in INTEGERS or a.type.kind is Kind.UNKNOWN for a in args):
        known = {a.type.kind for a in args} - {Kind.UNKNOWN}
        return INTEGER if known <= set(_SMALL) else BIGINT
    if kinds and kinds <= _STEPS and len(args) == 3:
        return TIMESTAMP if TIMESTAMP.kind in kinds else TIMESTAMPTZ
    if kinds <= INTEGERS | {Kind.DECIMAL} and all(a.type.kind in _EXACT for a in args):
        return decimal(_DIGITS, max(a.type.scale or 0 for a in args))
    types = ", ".join(str(a.type).lower() for a in args)
    raise UnknownFunction(f"{_NAME}({types})", (), position(function))


def series_parts(node: exp.Expr, binds: Binds) -> tuple[Scalar, Scalar, Scalar, SqlType]:
    """Start, end and step of generate_series, and the type of its values."""
    given = [node.args[k] for k in ("start", "end", "step") if node.args.get(k) is not None]
    start, stop, *rest = (binds.scalar(e) for e in given)
    t = series_type([start, stop, *rest], node)
    if t.kind is Kind.DECIMAL:
        return _of_decimals(start, stop, rest[0] if rest else int_literal(1), t, node)
    whole = t.kind in INTEGERS
    step = rest[0] if rest else int_literal(1)
    if not rest and not whole:
        raise UnknownFunction(f"{_NAME}(timestamp, timestamp)", (), position(node))
    step = cast(coerce(step, t if whole else INTERVAL), t if whole else INTERVAL)
    if isinstance(step, Literal) and step.value in (0, Interval()):
        raise DataError(
            "step size cannot equal zero", sqlstate="22023", position=position(given[2])
        )
    return cast(start, t), cast(stop, t), step, t


def _of_decimals(
    start: Scalar, stop: Scalar, step: Scalar, t: SqlType, node: exp.Expr
) -> tuple[Scalar, Scalar, Scalar, SqlType]:
    """The parts as whole numbers of `t`'s last place."""
    parts = [_in_places(e, t.scale or 0) for e in (start, stop, step)]
    if isinstance(parts[2], Literal) and parts[2].value == 0:
        raise DataError(
            "step size cannot equal zero", sqlstate="22023", position=position(node.args["step"])
        )
    return parts[0], parts[1], parts[2], t


def _in_places(value: Scalar, places: int) -> Scalar:
    if isinstance(value, Literal):
        number = Decimal(str(value.value)).scaleb(places)
        return Literal(None if value.value is None else int(number), BIGINT.with_null(False))
    unit = Literal(10**places, BIGINT.with_null(False))
    return cast(call(op.MUL, value, unit), BIGINT)


def of_places(number: Scalar, t: SqlType) -> Scalar:
    """A whole number of last places as a decimal of type `t`."""
    places = t.scale or 0
    unit = Literal(Decimal(1).scaleb(-places), decimal(places + 1, places, nullable=False))
    return cast(call(op.MUL, cast(number, decimal(_DIGITS, 0)), unit), t)


def series_array(node: exp.Expr, binds: Binds) -> Scalar:
    """The values of generate_series as an array."""
    start, stop, step, t = series_parts(node, binds)
    if t.kind is Kind.DECIMAL:
        raise NotSupportedError(
            f"{_NAME} of decimals is supported in FROM only", position=position(node)
        )
    if node.args.get("is_end_exclusive"):  # DuckDB's range
        raise NotSupportedError("RANGE is not supported", hint="Write generate_series.")
    made = call(arrays.ARRAY_SERIES, start, stop, step)
    return Call(arrays.ARRAY_SERIES, (start, stop, step), array(t, made.type.nullable))


def _subscripts(node: exp.Expr, binds: Binds) -> Scalar:
    """generate_subscripts(array, 1 [, reverse])"""
    values, dimension, *reverse = node.expressions
    if dimension.name != "1":
        raise NotSupportedError("only dimension 1 of an array has subscripts here")
    last = call(arrays.CARDINALITY, binds.scalar(values))
    backwards = bool(reverse) and isinstance(reverse[0], exp.Boolean) and bool(reverse[0].this)
    if backwards:
        return call(arrays.ARRAY_SERIES, last, int_literal(1), int_literal(-1))
    return call(arrays.ARRAY_SERIES, int_literal(1), last, int_literal(1))


def _pieces(node: exp.Expr, binds: Binds) -> Scalar:
    return call(arrays.STRING_TO_ARRAY, *map(binds.scalar, node.expressions))


def _elements(node: exp.Expr, binds: Binds) -> Scalar:
    return json_array(node.expressions[0], binds)


def _elements_text(node: exp.Expr, binds: Binds) -> Scalar:
    values = json_array(node.expressions[0], binds)
    if values.type.element is not None and values.type.element.kind is not Kind.JSON:
        return cast(values, array(TEXT))
    return call(fj.JSON_ELEMENTS_TEXT, values)


def _keys(node: exp.Expr, binds: Binds) -> Scalar:
    return binds.scalar(exp.Anonymous(this="json_keys", expressions=node.expressions))


def _path(node: exp.Expr, binds: Binds) -> Scalar:
    """JSONB_PATH_QUERY(value, path …)"""
    return call(fj.JSON_ELEMENTS, along(fj.JSONB_PATH_QUERY_ARRAY, node, binds))


def _one(node: exp.Expr, binds: Binds) -> Scalar:
    value = coerce(binds.scalar(node.expressions[0]), JSON)
    return call(documents.ARRAY_OF, value)


_DIALECT = "postgres"  # the one that has such functions


def _record(names: Sequence[exp.Expr], element: Column) -> list[tuple[str, Scalar]]:
    """The columns of json_to_record(x) AS t(a int, b text)."""
    found: list[tuple[str, Scalar]] = []
    for entry in names:
        kind = entry.args.get("kind")
        if kind is None:
            raise ProgrammingError(
                "a column definition list is required for functions returning record",
                sqlstate="42601",
                position=position(entry),
            )
        part = call(fj.JSON_GET, element, text_literal(entry.name))
        t = sql_type(kind, _DIALECT)
        value = part if t.kind is Kind.JSON else cast(call(fj.JSON_TEXT, part), t)
        found.append((entry.name, value))
    return found


@dataclass(frozen=True, slots=True)
class Rows:
    """How a function is an array: what makes it, and what its column is called (as the function).
    With `fields` each element is a row of several columns."""

    array: Special
    column: str = ""
    fields: bool = False
    defined: Callable[[Sequence[exp.Expr], Column], list[tuple[str, Scalar]]] | None = None


def _both(name: str, rows: Rows) -> dict[str, Rows]:
    return {name.format("json"): rows, name.format("jsonb"): rows}


ROWS: dict[str, Rows] = {
    "generate_subscripts": Rows(_subscripts),
    "string_to_table": Rows(_pieces),
    "regexp_split_to_table": Rows(regexp_split),
    "regexp_matches": Rows(regexp_matches),
    "jsonb_path_query": Rows(_path),
    **_both("{}_array_elements", Rows(_elements, "value")),
    **_both("{}_array_elements_text", Rows(_elements_text, "value")),
    **_both("{}_object_keys", Rows(_keys)),
    **_both("{}_each", Rows(entries(fj.JSON_ENTRIES), fields=True)),
    **_both("{}_each_text", Rows(entries(fj.JSON_ENTRIES_TEXT), fields=True)),
    **_both("{}_to_record", Rows(_one, defined=_record)),
    **_both("{}_to_recordset", Rows(_elements, defined=_record)),
}


def rows_named(node: object) -> Rows | None:
    """What a call of a function that returns rows is; None for any other expression."""
    if isinstance(node, exp.ExplodingGenerateSeries):
        return Rows(series_array)
    return ROWS.get(str(node.this).lower()) if isinstance(node, exp.Anonymous) else None


def name_of(node: exp.Expr) -> str:
    """The function's name."""
    return str(node.this).lower() if isinstance(node, exp.Anonymous) else _NAME
