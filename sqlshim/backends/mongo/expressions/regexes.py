"""REGEXP_… as $regexMatch and $regexFindAll; `patterns` says which patterns."""

from __future__ import annotations

from sqlshim.backends.mongo.expressions.mql import Mql, cond, let, or_null
from sqlshim.backends.mongo.expressions.patterns import Pattern, pattern_of, pieces
from sqlshim.backends.mongo.expressions.rows import Nulls, Row, literal
from sqlshim.functions import regex as fr
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call

_FAR = 2**31 - 1  # further than any text is long


def _pattern(call: Call) -> Pattern:
    found = pattern_of(str(literal(call.args[1])))
    assert isinstance(found, Pattern)
    return found


def _refuses(call: Call) -> str:
    """Why a test has no form: what its pattern is."""
    text = literal(call.args[1])
    found = pattern_of(text) if isinstance(text, str) else "a computed pattern has no MongoDB form"
    return found if isinstance(found, str) else ""


def _refuses_spans(call: Call) -> str:
    """The same where it matters which parts match: of empty ones every engine counts its own."""
    why = _refuses(call)
    return why or ("" if _pattern(call).least else "a pattern that matches nothing is local")


def _refuses_replacement(call: Call) -> str:
    computed = not isinstance(literal(call.args[2]), str)
    why = "a computed replacement has no MongoDB form" if computed else ""
    return _refuses_spans(call) or why


def _applied(operator: str, call: Call, text: Mql) -> Mql:
    found = _pattern(call)
    of = {"input": text, "regex": {"$literal": found.regex}, "options": found.options}
    return {operator: of}


def _count(call: Call, text: Mql, _: Mql) -> Mql:
    return {"$size": _applied("$regexFindAll", call, text)}


def _substr(call: Call, text: Mql, *_: Mql) -> Mql:
    place = literal(call.args[2])
    assert isinstance(place, int)
    found = {"$arrayElemAt": [_applied("$regexFindAll", call, text), place - 1]}
    return or_null({"$getField": {"field": "match", "input": found}})


def _substr_refuses(call: Call) -> str:
    place, group = literal(call.args[2]), literal(call.args[3])
    if not isinstance(place, int) or place < 1 or group != 0:
        return "groups of a match have no MongoDB form"
    return _refuses_spans(call)


def _replace(call: Call, text: Mql, *_: Mql) -> Mql:
    """What stands before each match, the replacement, and what is left at the end."""
    every = literal(call.args[3]) == "g"
    new = [_piece(p) for p in pieces(str(literal(call.args[2])))]

    def replaced(t: Mql) -> Mql:
        found = _applied("$regexFindAll" if every else "$regexFind", call, t)
        matches: Mql = found if every else let(lambda m: cond({"$eq": [m, None]}, [], [m]), found)
        before = {"$subtract": ["$$this.idx", "$$value.at"]}
        step = {
            "at": {"$add": ["$$this.idx", {"$strLenCP": "$$this.match"}]},
            "text": {"$concat": ["$$value.text", {"$substrCP": [t, "$$value.at", before]}, *new]},
        }
        start = {"at": 0, "text": ""}
        steps = {"$reduce": {"input": matches, "initialValue": start, "in": step}}
        rest = {"$concat": ["$$done.text", {"$substrCP": [t, "$$done.at", _FAR]}]}
        return {"$let": {"vars": {"done": steps}, "in": rest}}

    # a name of its own: `let` would use it again for the matches
    return {"$let": {"vars": {"whole": text}, "in": replaced("$$whole")}}


def _piece(part: str | int) -> Mql:
    if isinstance(part, str):
        return {"$literal": part}
    if part == 0:
        return "$$this.match"
    return {"$ifNull": [{"$arrayElemAt": ["$$this.captures", part - 1]}, ""]}


ROWS: dict[Function, Row] = {
    fr.REGEXP_LIKE: Row(lambda c, text, _: _applied("$regexMatch", c, text), refuses=_refuses),
    fr.REGEXP_COUNT: Row(_count, refuses=_refuses_spans),
    fr.REGEXP_SUBSTR: Row(_substr, Nulls.NATIVE, refuses=_substr_refuses),
    fr.REGEXP_REPLACE: Row(_replace, refuses=_refuses_replacement),
}
