"""The small pieces that aggregation expressions are made of.

An expression (`Mql`) is plain data as pymongo takes it. Every builder of this package is made of
these pieces, so that rules which cross all functions (what is NULL, how an error is raised, what
must be a `$literal`) are written once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

Mql: TypeAlias = Any

NAN = float("nan")
REMOVE = "$$REMOVE"  # an accumulator or a projection takes it for a missing field
NOTHING: dict[str, Mql] = {"$expr": False}  # a $match that no document passes
MARKER = "sqlshim:"  # begins the text of an error that a pipeline raises on purpose


def is_simple(expr: Mql) -> bool:
    """Whether using `expr` twice costs nothing: a field, a variable or a constant."""
    if isinstance(expr, dict):
        return set(expr) == {"$literal"}
    return not isinstance(expr, list)


def is_constant(expr: Mql) -> bool:
    """Whether `expr` is a constant as it stands (not whether it could be folded)."""
    if isinstance(expr, dict):
        return set(expr) == {"$literal"}
    if isinstance(expr, str):
        return not expr.startswith("$")
    return not isinstance(expr, list)


def is_outer(expr: Mql) -> bool:
    """Whether `expr` is made of an outer row's values (`Query.passed_on`) and of no field: inside
    a $lookup the server takes it for a constant, and folds it."""
    names = list(_references(expr))
    return bool(names) and all(map(_OUTER.match, names))


_OUTER = re.compile(r"\$\$[lq]\d")


def _references(expr: Mql) -> Iterator[str]:
    """The fields and variables in an expression."""
    if isinstance(expr, dict):
        for key, value in expr.items():
            if key != "$literal":
                yield from _references(value)
    elif isinstance(expr, list | tuple):
        for part in expr:
            yield from _references(part)
    elif isinstance(expr, str) and expr.startswith("$"):
        yield expr


def absent(expr: Mql) -> Mql:
    """True for null and for a missing field; both sort below every value."""
    return {"$lte": [expr, None]}


def present(expr: Mql) -> Mql:
    """True for anything but null and a missing field."""
    return {"$gt": [expr, None]}


def holds_value(expr: Mql) -> Mql:
    """The same as `present`, of what may hold a MinKey too, which is below null."""
    return {"$not": [{"$in": [{"$type": expr}, ["missing", "null", "undefined"]]}]}


def or_null(expr: Mql) -> Mql:
    """`expr` with a missing field made null."""
    return {"$ifNull": [expr, None]}


def all_of(terms: Sequence[Mql]) -> Mql:
    """The conjunction; one term stands alone."""
    return terms[0] if len(terms) == 1 else {"$and": list(terms)}


def any_of(terms: Sequence[Mql]) -> Mql:
    """The disjunction; one term stands alone."""
    return terms[0] if len(terms) == 1 else {"$or": list(terms)}


def cond(test: Mql, then: Mql, other: Mql) -> Mql:
    return {"$cond": [test, then, other]}


def let(build: Callable[..., Mql], *args: Mql, often: Sequence[bool] | None = None) -> Mql:
    """`build(*args)` with every argument that is not simple computed once, in a variable.

    `often` tells which arguments the builder uses more than once (all, if it is not given). An
    argument never sees the variables made here, so that nested ones may have the same names.
    """
    used = often or [True] * len(args)
    names = {f"v{i}": arg for i, arg in enumerate(args) if used[i] and not is_simple(arg)}
    if not names:
        return build(*args)
    uses = (f"$$v{i}" if f"v{i}" in names else arg for i, arg in enumerate(args))
    return {"$let": {"vars": names, "in": build(*uses)}}


def bound(build: Callable[..., Mql], *args: Mql) -> Mql:
    """`build(*args)` with every argument in a variable, constants too.

    The server folds an operator over constants before it looks at a single document, and raises
    what that raises, even inside an arm of $cond that is never taken. A variable stops it.
    """
    names = {f"v{i}": arg for i, arg in enumerate(args)}
    return {"$let": {"vars": names, "in": build(*(f"$${name}" for name in names))}}


def fail(sqlstate: str, message: str, value: Mql) -> Mql:
    """Raise an error that `errors.translate` reads back; `value` is shown in it.

    A text that is no number is converted to one. The server would fold that at once where `value`
    is a constant (a parameter, or of an outer row), did it not stand in a variable.
    """

    def raised(v: Mql) -> Mql:
        shown = {"$ifNull": [{"$convert": {"input": v, "to": "string", "onError": "?"}}, "NULL"]}
        return {"$toInt": {"$concat": [f"{MARKER}{sqlstate} {message}: ", shown]}}

    is_folded = is_outer(value) or not any(_references(value))
    return bound(raised, value) if is_folded else raised(value)


def projected(expr: Mql) -> Mql:
    """`expr` as the value of a field in $project, where a bare number or bool means something."""
    if isinstance(expr, dict) or (isinstance(expr, str) and expr.startswith("$")):
        return expr
    return {"$literal": expr}


def nesting(expr: Mql) -> int:
    """How deep documents and arrays are nested in `expr`."""
    if isinstance(expr, dict):
        return 1 + max(map(nesting, expr.values()), default=0)
    if isinstance(expr, list | tuple):
        return 1 + max(map(nesting, expr), default=0)
    return 0


def is_plain_name(name: str) -> bool:
    """Whether a field of this name can be written as `$name`."""
    return bool(name) and not name.startswith("$") and "." not in name and "\0" not in name


def outcomes(expr: Mql) -> set[str]:
    """The fields and variables that `expr` is nothing but, once constants in it are folded."""
    match expr:
        case str() if expr.startswith("$"):
            return {expr}
        case {"$cond": [_, *arms]} | {"$ifNull": [*arms]}:
            return set().union(*map(outcomes, arms))
        case {"$switch": {"branches": branches, "default": default}}:
            return outcomes(default).union(*(outcomes(branch["then"]) for branch in branches))
        case {"$let": {"in": inner}}:
            return outcomes(inner)
        case _:
            return set()


def distinct_arms(values: Sequence[Mql]) -> list[Mql]:
    """The arms of a $cond, $switch or $ifNull, of which no two can be the same bare field.

    The server's slot-based engine (6.0) fails on those with "duplicate field", also where it has
    folded a constant condition inside an arm.
    """
    found: list[Mql] = []
    seen: set[str] = set()
    for value in values:
        fields = outcomes(value)
        found.append(or_null(value) if fields & seen else value)
        seen |= fields
    return found
