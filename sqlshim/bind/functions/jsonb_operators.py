"""Operators and functions of jsonb: `@>`, `||`, `-`, `#-`, JSONB_SET and their kin; of documents
and arrays too, which become JSON first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from sqlshim import jsonb
from sqlshim.bind.binds import Binds, text_literal
from sqlshim.bind.coerce import call, coerce
from sqlshim.bind.varying import is_varying
from sqlshim.errors import NotSupportedError, UnknownFunction
from sqlshim.functions import json as fj
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import FALSE, TRUE, Literal, Scalar
from sqlshim.types import BOOLEAN, INTEGERS, JSON, NESTED, TEXT, Kind, array

_ALIKE = frozenset({op.EQ, op.NE, op.IS_DISTINCT, op.IS_NOT_DISTINCT})
_TEXTS = frozenset({Kind.TEXT, Kind.UNKNOWN})


def normal(value: Scalar) -> Scalar:
    """A JSON text as jsonb keeps it: each key once, in jsonb's order."""
    if isinstance(value, Literal):
        return value if value.value is None else Literal(jsonb.normal(str(value.value)), value.type)
    return call(fj.JSONB, value)


def as_json(value: Scalar) -> Scalar:
    """A document as JSON text; JSON text as it is."""
    return call(fj.TO_JSON, value) if value.type.kind in NESTED else coerce(value, JSON)


def are_json(*values: Scalar) -> bool:
    """Whether an operator between these is jsonb's: JSON beside JSON or an untyped constant."""
    kinds = {v.type.kind for v in values}
    return Kind.JSON in kinds and kinds <= {Kind.JSON, Kind.UNKNOWN}


def concatenated_json(left: Scalar, right: Scalar) -> Scalar | None:
    """`a || b`; None where neither is JSON."""
    if not are_json(left, right):
        return None
    return call(fj.JSONB_CONCAT, as_json(left), as_json(right))


def without(left: Scalar, right: Scalar) -> Scalar | None:
    """`json - key`, `json - place`, `json - keys`; None where the left side is no JSON."""
    if left.type.kind is not Kind.JSON:
        return None
    if right.type.kind in INTEGERS:
        return call(fj.JSONB_DELETE_AT, left, right)
    if right.type.kind is Kind.ARRAY:
        return call(fj.JSONB_DELETE_KEYS, left, right)
    return call(fj.JSONB_DELETE, left, right) if right.type.kind in _TEXTS else None


def contained(whole: Scalar, part: Scalar) -> Scalar | None:
    """`whole @> part`; None where neither is JSON."""
    if Kind.JSON not in (whole.type.kind, part.type.kind):
        return None
    return call(fj.JSONB_CONTAINS, as_json(whole), as_json(part))


def alike(fn: Function, args: Sequence[Scalar]) -> Sequence[Scalar]:
    """JSON values that are compared, in a form that is equal where they are."""
    if fn not in _ALIKE or not are_json(*args) or any(map(is_varying, args)):
        return args
    return [call(fj.JSONB_COMPARABLE, as_json(a)) for a in args]


def _path(value: Scalar) -> Scalar:
    return coerce(value, array(TEXT))


def _deleted_path(node: exp.Expr, binds: Binds) -> Scalar:
    left, path = binds.scalar(node.this), binds.scalar(node.expression)
    return call(fj.JSONB_DELETE_PATH, as_json(left), _path(path))


def _changed(fn: Function, default: bool) -> Callable[[exp.Expr, Binds], Scalar]:
    """JSONB_SET(value, path, new [, create]), JSONB_INSERT(value, path, new [, after])."""

    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        if not 3 <= len(node.expressions) <= 4:
            raise UnknownFunction(str(node.this))
        value, path, new, *last = (binds.scalar(e) for e in node.expressions)
        flag = coerce(last[0], BOOLEAN) if last else Literal(default, BOOLEAN.with_null(False))
        return call(fn, as_json(value), _path(path), as_json(new), flag)

    return bind


def _of_one(fn: Function) -> Callable[[exp.Expr, Binds], Scalar]:
    return lambda node, binds: call(fn, as_json(binds.scalar(node.expressions[0])))


def _of_keys(fn: Function) -> Callable[[exp.Expr, Binds], Scalar]:
    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        value, keys = (binds.scalar(e) for e in node.expressions)
        return call(fn, as_json(value), _path(keys))

    return bind


def _has_key(node: exp.Expr, binds: Binds) -> Scalar:
    """JSONB_EXISTS(value, key), whose key sqlglot takes for a path."""
    path = node.args["path"]
    keys = [p.this for p in path.expressions if isinstance(p, exp.JSONPathKey)]
    if isinstance(path, exp.JSONPath) and (len(keys) != 1 or not isinstance(keys[0], str)):
        raise NotSupportedError("JSONB_EXISTS of this key is not supported")
    key = text_literal(keys[0]) if isinstance(path, exp.JSONPath) else binds.scalar(path)
    return call(fj.JSON_HAS_KEY, as_json(binds.scalar(node.this)), key)


def along(fn: Function, node: exp.Expr, binds: Binds) -> Scalar:
    """JSONB_PATH_QUERY(value, path [, variables [, silent]]) and its kin."""
    given = [binds.scalar(e) for e in node.expressions]
    if not 2 <= len(given) <= 4:
        raise UnknownFunction(str(node.this))
    given += [text_literal("{}"), FALSE][len(given) - 2 :]
    return _path_call(fn, *given)


def _path_call(
    fn: Function, value: Scalar, path: Scalar, variables: Scalar, silent: Scalar
) -> Scalar:
    args = (coerce(path, TEXT), coerce(variables, JSON), coerce(silent, BOOLEAN))
    return call(fn, as_json(value), *args)


def _by_path(fn: Function) -> Callable[[exp.Expr, Binds], Scalar]:
    return lambda node, binds: along(fn, node, binds)


def _tested(fn: Function, value: exp.Expr, path: exp.Expr, binds: Binds) -> Scalar:
    """`value @? path`, `value @@ path`: an error is NULL."""
    silent = TRUE
    return _path_call(fn, binds.scalar(value), binds.scalar(path), text_literal("{}"), silent)


def _finds(node: exp.Expr, binds: Binds) -> Scalar:
    return _tested(fj.JSONB_PATH_EXISTS, node.this, node.expression, binds)


def _matches(node: exp.Expr, binds: Binds) -> Scalar:
    """`value @@ path`, which sqlglot reads as a search of texts."""
    if len(node.expressions) != 1 or binds.context.dialect not in ("postgres", "duckdb"):
        raise NotSupportedError("MATCH … AGAINST is not supported")
    return _tested(fj.JSONB_PATH_MATCH, node.expressions[0], node.this, binds)


def _has_keys(fn: Function) -> Callable[[exp.Expr, Binds], Scalar]:
    """`value ?| keys`, `value ?& keys`"""

    def bind(node: exp.Expr, binds: Binds) -> Scalar:
        value, keys = binds.scalar(node.this), binds.scalar(node.expression)
        return call(fn, as_json(value), _path(keys))

    return bind


SPECIAL: dict[type[exp.Expr], Callable[[exp.Expr, Binds], Scalar]] = {
    exp.JSONBDeleteAtPath: _deleted_path,
    exp.JSONBExists: _has_key,
    exp.JSONBPathExists: _finds,
    exp.MatchAgainst: _matches,
    exp.JSONBContainsAnyTopKeys: _has_keys(fj.JSONB_EXISTS_ANY),
    exp.JSONBContainsAllTopKeys: _has_keys(fj.JSONB_EXISTS_ALL),
    exp.JSONStripNulls: lambda node, binds: call(
        fj.JSON_STRIP_NULLS, as_json(binds.scalar(node.this))
    ),
}
NAMED: dict[str, Callable[[exp.Expr, Binds], Scalar]] = {
    "jsonb_set": _changed(fj.JSONB_SET, True),
    "jsonb_insert": _changed(fj.JSONB_INSERT, False),
    "jsonb_path_query_array": _by_path(fj.JSONB_PATH_QUERY_ARRAY),
    "jsonb_path_query_first": _by_path(fj.JSONB_PATH_QUERY_FIRST),
    "jsonb_path_exists": _by_path(fj.JSONB_PATH_EXISTS),
    "jsonb_path_match": _by_path(fj.JSONB_PATH_MATCH),
    "jsonb_pretty": _of_one(fj.JSONB_PRETTY),
    "jsonb_strip_nulls": _of_one(fj.JSON_STRIP_NULLS),
    "jsonb_exists_any": _of_keys(fj.JSONB_EXISTS_ANY),
    "jsonb_exists_all": _of_keys(fj.JSONB_EXISTS_ALL),
}
