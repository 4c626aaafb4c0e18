"""Clauses that the binder does not read are refused: sqlglot parses more than is supported here,
and a clause that is passed over in silence is a wrong answer.

`query` and `sources` call `check_read` on each query, table expression and join first.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError

# Arguments that are read, and those that cannot change an answer: hints, locks.
_HARMLESS = {"hint", "hints", "indexed", "locks", "operation_modifiers", "options", "directed"}
_TAIL = {"with_", "order", "limit", "offset"}
_SET_OPERATION = _TAIL | {"this", "expression", "distinct", "by_name"}
_READ: dict[type[exp.Expr], set[str]] = {
    exp.Select: _TAIL
    | {"expressions", "distinct", "from_", "joins", "laterals", "where", "group", "having"}
    | {"qualify", "windows"},
    **dict.fromkeys((exp.Union, exp.Except, exp.Intersect), _SET_OPERATION),
    exp.Subquery: _TAIL | {"this", "alias", "joins"},
    exp.Table: {
        "this",
        "alias",
        "db",
        "catalog",
        "joins",
        "ordinality",
        "only",
        "rows_from",
        "sample",
    },
    exp.Join: {"this", "on", "using", "side", "kind", "method", "global_"},
    exp.Limit: {"expression", "offset", "limit_options"},
    exp.Group: {"expressions", "grouping_sets", "cube", "rollup", "all"},
    exp.Order: {"expressions"},
    exp.With: {"expressions", "recursive", "search", "cycle"},
}
_SHOWN = {
    "connect": "CONNECT BY",
    "expressions": "BY",
    "for_": "FOR XML or JSON",
    "kind": "AS STRUCT or VALUE",
    "match": "MATCH_RECOGNIZE",
    "pivots": "PIVOT",
    "sample": "TABLESAMPLE",
    "sort": "SORT BY",
    "cluster": "CLUSTER BY",
    "distribute": "DISTRIBUTE BY",
    "system_time": "FOR SYSTEM_TIME",
    "totals": "WITH TOTALS",
    "version": "a version of a table",
    "when": "a moment of a table",
}
_HINTS = {
    "into": "Write CREATE TABLE … AS SELECT ….",
    "pivots": "Write an aggregate FILTER (WHERE …) for each column.",
    "connect": "Write WITH RECURSIVE.",
}
_JOIN_METHODS = ("", "NATURAL")
_JOIN_KINDS = ("", "INNER", "OUTER", "CROSS", "STRAIGHT_JOIN")


def check_read(node: exp.Expr) -> None:
    """NotSupportedError for a clause of `node`, or of its GROUP BY, ORDER BY, LIMIT, not read."""
    read = _READ.get(type(node), set(node.args)) | _HARMLESS
    for name, value in node.args.items():
        if not value:
            continue
        if name not in read:
            at = value[0] if isinstance(value, list) else value
            raise NotSupportedError(
                f"{_clause(node, name)} is not supported",
                position=_place(at, node),
                hint=_HINTS.get(name),
            )
        if isinstance(value, exp.Limit | exp.Group | exp.Order | exp.With):
            check_read(value)
        if isinstance(value, exp.Order):
            _check_filled(value)
    if isinstance(node, exp.Join):
        _check_join(node)


def _check_filled(order: exp.Order) -> None:
    for key in order.expressions:
        if isinstance(key, exp.Ordered) and key.args.get("with_fill"):
            raise NotSupportedError("WITH FILL is not supported", position=_place(key, order))


def _clause(node: exp.Expr, name: str) -> str:
    shown = _SHOWN.get(name, name.rstrip("_").upper())
    return f"{node.key.upper()} {shown}" if isinstance(node, exp.Limit) else shown


def _check_join(node: exp.Join) -> None:
    method, kind = node.method.upper(), node.kind.upper()
    if method not in _JOIN_METHODS or kind not in _JOIN_KINDS:
        raise NotSupportedError(
            " ".join(filter(None, (method, node.side.upper(), kind, "JOIN is not supported"))),
            position=_place(node, node),
        )


def _place(clause: object, node: exp.Expr) -> int | None:
    """Where a clause begins: some of sqlglot's nodes know their place, some do not."""
    found = position(clause) if isinstance(clause, exp.Expr) else None
    return position(node) if found is None else found
