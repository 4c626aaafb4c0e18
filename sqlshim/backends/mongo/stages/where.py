"""Conjunctions as the document of a $match, and which columns they keep NULL out of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlshim.backends.mongo.expressions.mql import Mql
from sqlshim.backends.mongo.expressions.scalars import Expressions
from sqlshim.backends.mongo.stages import match
from sqlshim.backends.mongo.stages.scope import Scope
from sqlshim.functions import operators as op
from sqlshim.ir.scalar import Call, Cast, Column, InList, Scalar


def where(terms: Sequence[Scalar], scope: Scope) -> match.Query:
    """A conjunction as the document of a $match: query operators first, then $expr."""
    queries = [match.matched(term, scope) for term in terms]
    # What $match operators keep NULL out of needs no guard in $expr.
    found_terms = [t for t, q in zip(terms, queries, strict=True) if q is not None]
    leaning = Expressions(without_nulls(scope, found_terms))
    alone = Expressions({n: replace(place, known=False) for n, place in scope.items()})
    rest = [_truth(t, leaning, alone) for t, q in zip(terms, queries, strict=True) if q is None]
    found = [q for q in queries if q]
    if rest:
        found.append({"$expr": rest[0] if len(rest) == 1 else {"$and": rest}})
    return match.tidy(match.conjoined(found))


def _truth(term: Scalar, leaning: Expressions, alone: Expressions) -> Mql:
    """The test of a term, with guards of its own where NULL would be an error: the server tests the
    parts of a $match, and makes one of several past a $lookup too, in any order."""
    test = leaning.truth(term)
    return alone.truth(term) if _fails_on_null(test) else test


_FAILING = frozenset(
    {
        "$size",
        "$strLenCP",
        "$strLenBytes",
        "$binarySize",
        "$range",
        "$in",
        "$indexOfCP",
        "$indexOfBytes",
        "$setIsSubset",
        "$setEquals",
        "$allElementsTrue",
        "$anyElementTrue",
        "$firstN",
        "$lastN",
        "$maxN",
        "$minN",
        "$getField",
    }
)


def _fails_on_null(test: Mql) -> bool:
    """Whether an operator in `test` is an error for NULL, not NULL."""
    if isinstance(test, Mapping):
        return any(key in _FAILING or _fails_on_null(part) for key, part in test.items())
    return isinstance(test, list | tuple) and any(map(_fails_on_null, test))


def without_nulls(scope: Scope, terms: Iterable[Scalar]) -> Scope:
    """The scope after a filter: which columns it does not let NULL through in."""
    known = {c.id for term in terms for c in _rejects_null(term) if c.id in scope}
    return {k: p.not_null() if k in known else p for k, p in scope.items()}


def _rejects_null(term: Scalar) -> Iterable[Column]:
    """Columns that cannot be NULL where `term` is true."""
    match term:
        case Column():
            yield term
        case InList(arg=arg):
            yield from _strict_columns(arg)
        case Call() if term.fn is op.AND:
            for part in term.args:
                yield from _rejects_null(part)
        case Call() if term.fn is op.IS_NOT_NULL or term.fn.strict:
            for part in term.args:
                yield from _strict_columns(part)


def _strict_columns(e: Scalar) -> Iterable[Column]:
    """Columns whose NULL makes `e` NULL."""
    match e:
        case Column():
            yield e
        case Cast() if not e.safe:
            yield from _strict_columns(e.arg)
        case Call() if e.fn.strict:
            for part in e.args:
                yield from _strict_columns(part)
