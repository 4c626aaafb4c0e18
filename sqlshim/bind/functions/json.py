"""JSON operators and functions: on JSON text, and on documents, whose parts are typed.

`address -> 'city'` of a struct is the field itself, so that stores see a path; of JSON text it is
JSON. `->>` makes text of either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from sqlshim.bind.binds import Binds, Special, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce
from sqlshim.bind.fields import field
from sqlshim.bind.scope import position
from sqlshim.bind.types import sql_type
from sqlshim.errors import InvalidText, NotSupportedError, ProgrammingError, TypeMismatch
from sqlshim.functions import arrays
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Scalar, null_of
from sqlshim.types import INTEGERS, JSON, NESTED, TEXT, Kind, SqlType

Step = str | int | Scalar  # a key, a place counted from 0, or either computed


# --- steps ---------------------------------------------------------------------------------


def _stepped(value: Scalar, step: Step, binds: Binds) -> Scalar:
    """One step into a document or JSON text."""
    match value.type.kind:
        case Kind.STRUCT if isinstance(step, str):
            return field(value, exp.to_identifier(step, quoted=True), binds.scope)
        case Kind.MAP if isinstance(step, str):
            return call(arrays.MAP_VALUE, value, cast(text_literal(step), value.type.key or TEXT))
        case Kind.ARRAY if isinstance(step, int) or _is_place(step):
            return call(arrays.ELEMENT, value, _from_1(value, step))
        case Kind.STRUCT | Kind.MAP | Kind.ARRAY:
            raise TypeMismatch(f"type {str(value.type).lower()} has no such part", sqlstate="42804")
    if isinstance(step, int):
        return call(fj.JSON_AT, value, int_literal(step))
    if isinstance(step, str):
        return call(fj.JSON_GET, value, text_literal(step))
    by_place = step.type.kind in INTEGERS
    return call(fj.JSON_AT if by_place else fj.JSON_GET, value, step)


def _is_place(step: Step) -> bool:
    return not isinstance(step, str | int) and step.type.kind in INTEGERS


def _from_1(values: Scalar, step: Step) -> Scalar:
    """A place counted from 0, or from -1 backwards, as SQL counts it."""
    if isinstance(step, int) and step >= 0:
        return int_literal(step + 1)
    if isinstance(step, int):
        return call(op.ADD, call(arrays.CARDINALITY, values), int_literal(step + 1))
    assert not isinstance(step, str)
    return call(op.ADD, step, int_literal(1))


def _steps(node: exp.Expr, binds: Binds) -> Iterator[Step]:
    """The steps that the right side of `->`, or the path of a function, stands for."""
    if isinstance(node, exp.Literal) and node.is_string and node.name.startswith("$"):
        node = Dialect.get_or_raise(None).to_json_path(node) or node
    if not isinstance(node, exp.JSONPath):
        yield _constant_step(binds.scalar(node))
        return
    for part in node.expressions:
        if isinstance(part, exp.JSONPathKey | exp.JSONPathSubscript) and isinstance(
            part.this, str | int
        ):
            yield part.this
        elif not isinstance(part, exp.JSONPathRoot):
            raise NotSupportedError("a JSON path has keys and places only", position=position(node))


def _constant_step(value: Scalar) -> Step:
    if isinstance(value, Literal) and isinstance(value.value, str | int):
        return value.value
    return value


def _text_path(node: exp.Expr) -> list[str]:
    """The steps of `'{a,0,b}'` or ARRAY['a', '0', 'b']."""
    if isinstance(node, exp.Array):
        return [e.name for e in node.expressions]
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise NotSupportedError("a JSON path must be a constant", position=position(node))
    text = node.name.strip()
    if not (text.startswith("{") and text.endswith("}")):
        raise InvalidText(f'malformed array literal: "{node.name}"', sqlstate="22P02")
    return [part.strip().strip('"') for part in text[1:-1].split(",") if part.strip()]


def _along(value: Scalar, path: Sequence[str], binds: Binds) -> Scalar:
    """A path of texts: on JSON text a number may be a place or a key."""
    for step in path:
        if value.type.kind is Kind.ARRAY and step.lstrip("-").isdigit():
            value = _stepped(value, int(step), binds)
        elif value.type.kind in NESTED:
            value = _stepped(value, step, binds)
        else:
            value = call(fj.JSON_STEP, value, text_literal(step))
    return value


def as_text(value: Scalar) -> Scalar:
    """What `->>` gives: the text of a value, JSON text of documents."""
    if value.type.kind in (Kind.JSON, Kind.UNKNOWN):
        return call(fj.JSON_TEXT, value)
    if value.type.kind in NESTED:
        return cast(call(fj.TO_JSON, value), TEXT)
    return cast(value, TEXT)


def shown_as_json(value: Scalar, wanted: SqlType) -> Scalar:
    """What is cast to `wanted`: JSON of a document, where that is what becomes of it."""
    as_json = value.type.kind in NESTED and wanted.kind is Kind.JSON
    document = value.type.kind in (Kind.STRUCT, Kind.MAP) and wanted.kind is Kind.TEXT
    return call(fj.TO_JSON, value) if as_json or document else value


# --- operators -----------------------------------------------------------------------------


def _extract(node: exp.Expr, binds: Binds) -> Scalar:
    """value -> step, JSON_EXTRACT(value, path), JSON_QUERY(value, path)"""
    path = node.args.get("path") or node.expression
    value = binds.scalar(node.this)
    for step in _steps(path, binds):
        value = _stepped(value, step, binds)
    return value


def _extract_text(node: exp.Expr, binds: Binds) -> Scalar:
    return as_text(_extract(node, binds))


def _arrow(node: exp.Expr, binds: Binds) -> Scalar:
    """`f(value -> step …)`, where sqlglot has read a lambda."""
    name, body = node.expressions[0], node.this
    inner = body
    while isinstance(inner, exp.Binary) and isinstance(inner.this, exp.Expr):
        inner = inner.this
    whole = inner is body
    found = exp.JSONExtract(this=exp.column(name), expression=inner.copy())
    if whole:
        return binds.scalar(found)
    inner.replace(found)
    return binds.scalar(body)


def _path(node: exp.Expr, binds: Binds) -> Scalar:
    return _along(binds.scalar(node.this), _text_path(node.expression), binds)


def _path_text(node: exp.Expr, binds: Binds) -> Scalar:
    return as_text(_path(node, binds))


def _path_of_texts(shown: bool) -> Special:
    """JSONB_EXTRACT_PATH(value, step, …), and …_TEXT."""

    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        first, *steps = node.expressions
        if not all(isinstance(e, exp.Literal) for e in steps):
            raise NotSupportedError("a JSON path must be a constant", position=position(node))
        found = _along(binds.scalar(first), [e.name for e in steps], binds)
        return as_text(found) if shown else found

    return bind


def _has_key(node: exp.Expr, binds: Binds) -> Scalar:
    return call(fj.JSON_HAS_KEY, _json(binds.scalar(node.this)), binds.scalar(node.expression))


def _json(value: Scalar) -> Scalar:
    """A document as JSON text; JSON text as it is."""
    return call(fj.TO_JSON, value) if value.type.kind in NESTED else value


def _value(node: exp.Expr, binds: Binds) -> Scalar:
    """JSON_VALUE(value, path RETURNING type)"""
    found = _extract_text(node, binds)
    if node.args.get("on_condition"):
        raise NotSupportedError("ON EMPTY and ON ERROR are not supported", position=position(node))
    wanted = node.args.get("returning")
    return found if wanted is None else cast(found, sql_type(wanted, binds.context.dialect))


# --- functions -----------------------------------------------------------------------------


def _of_json(fn: Function) -> Special:
    """A function whose first argument may be a document."""

    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        first, *rest = node.expressions or [node.this]
        return call(fn, _json(binds.scalar(first)), *map(binds.scalar, rest))

    return bind


def _length(node: exp.Expr, binds: Binds) -> Scalar:
    value = binds.scalar(node.expressions[0])
    if value.type.kind is Kind.ARRAY:
        return call(arrays.CARDINALITY, value)
    return call(fj.JSON_ARRAY_LENGTH, _json(value))


def _built(fn: Function) -> Special:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        return call(fn, *(binds.scalar(e) for e in node.expressions))

    return bind


def _to_jsonb(node: exp.Expr, binds: Binds) -> Scalar:
    made = call(fj.TO_JSON, binds.scalar(node.expressions[0]))
    nested = isinstance(made, Call) and made.args[0].type.kind in NESTED | {Kind.JSON}
    return call(fj.JSONB, made) if nested else made


def json_array(node: exp.Expr, binds: Binds) -> Scalar:
    """What JSON_ARRAY_ELEMENTS makes rows of."""
    value = binds.scalar(node)
    return value if value.type.kind is Kind.ARRAY else call(fj.JSON_ELEMENTS, _json(value))


def entries(fn: Function) -> Special:
    """The keys and values of an object, as an array of rows."""

    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        return call(fn, _json(binds.scalar(node.expressions[0])))

    return bind


def _object(node: exp.Expr, binds: Binds) -> Scalar:
    """JSON_OBJECT('a': 1), JSON_OBJECT('a', 1)"""
    pairs = [p for e in node.expressions for p in (e.this, e.expression)]
    first = pairs[0] if pairs else None
    if isinstance(first, exp.Literal) and first.name.startswith("{"):
        raise NotSupportedError("JSON_OBJECT of arrays is not supported", position=position(node))
    sorts = binds.context.dialect == "mysql"  # as jsonb does, and writes it so
    fn = fj.JSONB_BUILD_OBJECT if sorts else fj.JSON_BUILD_OBJECT
    return call(fn, *map(binds.scalar, pairs))


def _build_object(fn: Function) -> Special:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        if len(node.expressions) % 2:
            raise ProgrammingError(
                "argument list must have even number of elements",
                sqlstate="22023",
                position=position(node),
                hint="The arguments are keys and values in turn.",
            )
        return call(fn, *map(binds.scalar, node.expressions))

    return bind


def _query(node: exp.Expr, binds: Binds) -> Scalar:
    """JSON_QUERY(value, path)"""
    value = binds.scalar(node.expressions[0])
    for step in _steps(node.expressions[1], binds):
        value = _stepped(value, step, binds)
    return value


def _unquoted(node: exp.Expr, binds: Binds) -> Scalar:
    return as_text(binds.scalar(node.expressions[0]))


def _parsed(node: exp.Expr, binds: Binds) -> Scalar:
    value = binds.scalar(node.this)
    if not node.args.get("safe"):
        return cast(value, JSON)
    shown = coerce(value, TEXT)  # TRY_PARSE_JSON
    return case([(call(fj.JSON_VALID, shown), cast(shown, JSON))], null_of(JSON))


def _formatted(node: exp.Expr, binds: Binds) -> Scalar:
    return cast(call(fj.TO_JSON, binds.scalar(node.this)), TEXT)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Lambda: _arrow,
    exp.JSONExtract: _extract,
    exp.JSONExtractScalar: _extract_text,
    exp.JSONBExtract: _path,
    exp.JSONBExtractScalar: _path_text,
    exp.JSONBContainsTopKey: _has_key,
    exp.JSONValue: _value,
    exp.JSONObject: _object,
    exp.JSONKeys: _of_json(fj.JSON_KEYS),
    exp.ParseJSON: _parsed,
    exp.JSONFormat: _formatted,
}
_LENGTH = ("json_array_length", "jsonb_array_length", "json_length")
_TYPEOF = ("json_typeof", "jsonb_typeof")
_TO = ("to_json", "row_to_json", "array_to_json")
NAMED: dict[str, Callable[[exp.Expr, Binds], Scalar]] = {
    **dict.fromkeys(_LENGTH, _length),
    **dict.fromkeys(_TYPEOF, _of_json(fj.JSON_TYPEOF)),
    **dict.fromkeys(_TO, _built(fj.TO_JSON)),
    "to_jsonb": _to_jsonb,
    "json_build_object": _build_object(fj.JSON_BUILD_OBJECT),
    "jsonb_build_object": _build_object(fj.JSONB_BUILD_OBJECT),
    **dict.fromkeys(
        ("json_build_array", "jsonb_build_array", "json_array"), _built(fj.JSON_BUILD_ARRAY)
    ),
    "jsonb_extract_path": _path_of_texts(False),
    "jsonb_extract_path_text": _path_of_texts(True),
    "json_keys": _of_json(fj.JSON_KEYS),
    "json_query": _query,
    "json_unquote": _unquoted,
}
