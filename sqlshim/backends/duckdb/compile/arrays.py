"""How DuckDB says arrays and maps: rows for the table in `functions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast, convert, number
from sqlshim.backends.duckdb.compile.operators import Build, named, paren
from sqlshim.functions import arrays
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Param
from sqlshim.types import INTEGER, TEXT, Kind

_OPERATORS: dict[Function, type[exp.Binary]] = {
    op.EQ: exp.EQ,
    op.NE: exp.NEQ,
    op.LT: exp.LT,
    op.LE: exp.LTE,
    op.GT: exp.GT,
    op.GE: exp.GTE,
}


def _each(values: E, change: Callable[[E], E], function: str = "list_transform") -> E:
    """`change` of each element."""
    body = change(exp.Column(this=exp.to_identifier("el")))
    var = exp.Lambda(this=body, expressions=[exp.to_identifier("el")], colon=True)
    return call(function, values, var)


def _element(node: Call, args: list[E]) -> E:
    place = node.args[1]
    found = call("list_extract", *args)
    if isinstance(place, Literal) and isinstance(place.value, int) and place.value > 0:
        return found
    counts = exp.GT(this=paren(args[1].copy()), expression=number(0))  # -1 is the last one there
    return exp.Case(ifs=[exp.If(this=counts, true=found)])


def _any_of(node: Call, args: list[E]) -> E:
    compared = _OPERATORS[arrays.COMPARED[node.fn]]
    tests = _each(args[1], lambda el: compared(this=paren(args[0]), expression=el))
    return call("pg_any", tests)


def _thresholds(node: Call, args: list[E]) -> E:
    reached = _each(args[1], lambda el: exp.LTE(this=el, expression=paren(args[0])))
    return call("pg_thresholds", args[0].copy(), reached)


def _remove(node: Call, args: list[E]) -> E:
    return _each(
        args[0], lambda el: exp.NullSafeNEQ(this=el, expression=paren(args[1])), "list_filter"
    )


def _replace(node: Call, args: list[E]) -> E:
    def change(el: E) -> E:
        same = exp.NullSafeEQ(this=el, expression=paren(args[1]))
        return exp.Case(ifs=[exp.If(this=same, true=args[2])], default=el.copy())

    return _each(args[0], change)


def _positions(node: Call, args: list[E]) -> E:
    every = call("range", number(1), exp.Add(this=call("len", args[0]), expression=number(1)))

    def is_it(place: E) -> E:
        found = call("list_extract", args[0].copy(), place)
        return exp.NullSafeEQ(this=found, expression=paren(args[1]))

    return cast(_each(every, is_it, "list_filter"), node.type)


def _fill(node: Call, args: list[E]) -> E:
    places = call("range", number(0), args[1])
    return cast(_each(places, lambda el: args[0]), node.type)


def _to_string(node: Call, args: list[E]) -> E:
    element = node.args[0].type.element or TEXT

    def as_text(el: E) -> E:
        shown = convert(el, element, TEXT)
        if element.kind is Kind.BOOLEAN:  # as in the text of an array
            shown = call("substring", shown, number(1), number(1))
        return call("coalesce", shown, args[2]) if len(args) > 2 else shown

    # the separator of DuckDB's own is a constant
    constant = isinstance(node.args[1], Literal | Param)
    macro = "pg_array_to_string" if constant else "pg_array_to_string_by"
    return call(macro, _each(args[0], as_text), args[1])


def _to_array(node: Call, args: list[E]) -> E:
    parts = call("pg_string_to_array", args[0], args[1])
    if len(args) == 2:
        return parts
    return _each(parts, lambda el: call("nullif", el, args[2]))


def _map_value(node: Call, args: list[E]) -> E:
    return call("list_extract", call("map_extract", *args), number(1))


def _similarity(function: str, shown: Callable[[E], E]) -> Build:
    """DuckDB's `function` of two lists of doubles, brought to CQL's scale."""
    return lambda node, args: paren(shown(call(function, *args)))


def _half_above(value: E) -> E:
    above = paren(exp.Add(this=number(1), expression=value))
    return exp.Div(this=above, expression=number(2))


def _inverse_square(distance: E) -> E:
    square = exp.Mul(this=distance, expression=distance.copy())
    return exp.Div(this=number(1), expression=paren(exp.Add(this=number(1), expression=square)))


ARRAYS: Mapping[Function, Build] = {
    arrays.ELEMENT: _element,
    arrays.SLICE: named("pg_slice"),
    arrays.MAP_VALUE: _map_value,
    arrays.ARRAY_POSITIONS: _positions,
    arrays.ARRAY_FILL: _fill,
    arrays.ARRAY_SERIES: lambda node, args: cast(call("generate_series", *args), node.type),
    arrays.MAP_KEYS: named("map_keys"),
    arrays.MAP_VALUES: named("map_values"),
    arrays.CARDINALITY: named("len", INTEGER),
    arrays.FLATTEN: named("flatten"),
    arrays.THRESHOLDS_REACHED: _thresholds,
    **dict.fromkeys(arrays.COMPARED, _any_of),
    arrays.CONTAINS_ALL: named("pg_contains_all"),
    arrays.OVERLAPS: named("list_has_any"),
    arrays.ARRAY_CAT: named("pg_array_cat"),
    arrays.ARRAY_APPEND: named("list_append"),
    arrays.ARRAY_PREPEND: named("list_prepend"),
    arrays.ARRAY_POSITION: named("list_position", INTEGER),
    arrays.ARRAY_REMOVE: _remove,
    arrays.ARRAY_REPLACE: _replace,
    arrays.ARRAY_TO_STRING: _to_string,
    arrays.STRING_TO_ARRAY: _to_array,
    arrays.SIMILARITY_COSINE: _similarity("list_cosine_similarity", _half_above),
    arrays.SIMILARITY_EUCLIDEAN: _similarity("list_distance", _inverse_square),
    arrays.SIMILARITY_DOT_PRODUCT: _similarity("list_inner_product", _half_above),
    arrays.L2_DISTANCE: named("list_distance"),
    arrays.COSINE_DISTANCE: named("list_cosine_distance"),
    arrays.INNER_PRODUCT: named("list_inner_product"),
    arrays.NEGATIVE_INNER_PRODUCT: named("list_negative_inner_product"),
}
