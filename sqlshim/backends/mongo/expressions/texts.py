"""Text functions as aggregation expressions. Positions count code points from 1 in SQL, from 0
in the server; most operators fail on null, so the rows leave it to the guard."""

from __future__ import annotations

from collections.abc import Callable

from sqlshim.backends.mongo.expressions.letters import pairs, small
from sqlshim.backends.mongo.expressions.like import like
from sqlshim.backends.mongo.expressions.mql import Mql, cond, fail, let, present
from sqlshim.backends.mongo.expressions.rows import Build, Nulls, Row, is_given, literal, op
from sqlshim.backends.mongo.params import Placeholder
from sqlshim.functions import operators as fo
from sqlshim.functions import text as ft
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal, Param, Scalar
from sqlshim.types import INTEGERS, Kind

_FAR = 2**31 - 1  # further than any text is long


def _clamped(value: Mql) -> Mql:
    """A number that $substrCP and $range take; they refuse more than 32 bits."""
    if isinstance(value, int):
        return max(0, min(value, _FAR))
    return {"$max": [0, {"$min": [value, _FAR]}]}


def _plus(a: Mql, b: Mql) -> Mql:
    return a + b if isinstance(a, int) and isinstance(b, int) else {"$add": [a, b]}


def _minus(a: Mql, b: Mql) -> Mql:
    return a - b if isinstance(a, int) and isinstance(b, int) else {"$subtract": [a, b]}


def _greater(a: Mql, b: Mql) -> Mql:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else {"$max": [a, b]}


def slice_(text: Mql, start: Mql, count: Mql) -> Mql:
    """`count` code points from `start` (from 0), cut to what there is."""
    return {"$substrCP": [text, _clamped(start), _clamped(count)]}


def _substring(call: Call, text: Mql, start: Mql, count: Mql = None) -> Mql:
    """A start below 1 uses up length, as in PostgreSQL."""
    if count is None:
        return slice_(text, _minus(start, 1), _FAR)
    if isinstance(start, int) and isinstance(count, int):
        return _cut(text, start, count)
    return let(lambda s, n: _checked_cut(text, s, n), start, count)


def _cut(text: Mql, start: Mql, count: Mql) -> Mql:
    first = _greater(start, 1)
    return slice_(text, _minus(first, 1), _minus(_plus(start, count), first))


def _checked_cut(text: Mql, start: Mql, count: Mql) -> Mql:
    if isinstance(count, int):
        return _cut(text, start, count)
    error = fail("22011", "negative substring length not allowed", count)
    return cond({"$lt": [count, 0]}, error, _cut(text, start, count))


def _substring_refuses(call: Call) -> str:
    if why := _texts_only(call):
        return why
    count = literal(call.args[2]) if len(call.args) > 2 else None
    return "a negative length is an error" if isinstance(count, int) and count < 0 else ""


def _trimmed(name: str) -> Row:
    return Row(lambda call, text, chars: {name: {"input": text, "chars": chars}})


def _replaced(call: Call, text: Mql, find: Mql, new: Mql) -> Mql:
    def replace_all(t: Mql, f: Mql, n: Mql) -> Mql:
        replaced = {"$replaceAll": {"input": t, "find": f, "replacement": n}}
        # An empty text occurs everywhere in MongoDB and nowhere in SQL.
        return replaced if is_given(call.args[1]) else cond({"$eq": [f, ""]}, t, replaced)

    return text if literal(call.args[1]) == "" else let(replace_all, text, find, new)


def _left(call: Call, text: Mql, count: Mql) -> Mql:
    if isinstance(count, int) and count >= 0:
        return slice_(text, 0, count)
    return let(
        lambda t, n: slice_(t, 0, cond({"$lt": [n, 0]}, _plus({"$strLenCP": t}, n), n)), text, count
    )


def _right(call: Call, text: Mql, count: Mql) -> Mql:
    def tail(t: Mql, n: Mql) -> Mql:
        from_end = _minus({"$strLenCP": t}, n)
        return slice_(t, cond({"$lt": [n, 0]}, _minus(0, n), from_end), _FAR)

    return let(tail, text, count)


def repeated(text: Mql, times: Mql) -> Mql:
    """`text` glued on once for each number of a range: there is no such operator."""
    glue = {"$concat": ["$$value", text]}
    return {"$reduce": {"input": {"$range": [0, times]}, "initialValue": "", "in": glue}}


def _padded(before: bool) -> Callable[..., Mql]:
    def build(call: Call, text: Mql, count: Mql, fill: Mql) -> Mql:
        def pad(t: Mql, n: Mql, f: Mql) -> Mql:
            missing = _clamped(_minus(n, {"$strLenCP": t}))
            padding = slice_(repeated(f, missing), 0, missing)
            # The text itself is cut where it is too long; nothing can be filled with ''.
            return {"$concat": [padding, slice_(t, 0, n)] if before else [slice_(t, 0, n), padding]}

        return let(pad, text, count, fill)

    return build


def _reversed(call: Call, text: Mql) -> Mql:
    def reverse(t: Mql) -> Mql:
        glue = {"$concat": [{"$substrCP": [t, "$$this", 1]}, "$$value"]}
        places = {"$range": [0, {"$strLenCP": t}]}
        return {"$reduce": {"input": places, "initialValue": "", "in": glue}}

    return let(reverse, text)


def _translated(call: Call, text: Mql, old: Mql, new: Mql) -> Mql:
    def translate(t: Mql, o: Mql, n: Mql) -> Mql:
        char = {"$substrCP": [t, "$$this", 1]}
        at = {"$indexOfCP": [o, "$$char"]}
        changed = cond({"$lt": ["$$at", 0]}, "$$char", {"$substrCP": [n, "$$at", 1]})
        inner = {"$let": {"vars": {"at": at}, "in": changed}}
        glue = {"$concat": ["$$value", {"$let": {"vars": {"char": char}, "in": inner}}]}
        places = {"$range": [0, {"$strLenCP": t}]}
        return {"$reduce": {"input": places, "initialValue": "", "in": glue}}

    return let(translate, text, old, new)


def _split_part(call: Call, text: Mql, separator: Mql, place: Mql) -> Mql:
    at = literal(call.args[2])
    assert isinstance(at, int)
    part = {"$arrayElemAt": [{"$split": [text, separator]}, at - 1 if at > 0 else at]}
    return {"$ifNull": [part, ""]}


def _split_part_refuses(call: Call) -> str:
    separator, place = literal(call.args[1]), literal(call.args[2])
    if not separator or not isinstance(place, int) or place == 0:
        return "SPLIT_PART has a MongoDB form for a constant separator and place only"
    return ""


def _as_text(value: Mql, arg: Scalar) -> Mql:
    text = value if arg.type.kind is Kind.TEXT else {"$toString": value}
    return {"$ifNull": [text, ""]} if arg.type.nullable else text


def _concat(call: Call, *args: Mql) -> Mql:
    return {"$concat": [_as_text(v, a) for v, a in zip(args, call.args, strict=True)]}


def _concat_refuses(call: Call) -> str:
    simple = INTEGERS | {Kind.TEXT, Kind.UNKNOWN}
    odd = next((a.type for a in call.args if a.type.kind not in simple), None)
    return f"{call.fn.name} writes {odd} otherwise in MongoDB" if odd else ""


def _concat_ws(call: Call, separator: Mql, *args: Mql) -> Mql:
    texts = [
        v if a.type.kind in (Kind.TEXT, Kind.UNKNOWN) else {"$toString": v}
        for v, a in zip(args, call.args[1:], strict=True)
    ]

    def join(sep: Mql) -> Mql:
        given = {"$filter": {"input": texts, "cond": present("$$this")}}
        glue = {"$concat": ["$$value", sep, "$$this"]}
        step = cond({"$eq": ["$$value", None]}, "$$this", glue)
        joined = {"$reduce": {"input": given, "initialValue": None, "in": step}}
        return cond(present(sep), {"$ifNull": [joined, ""]}, None)

    return let(join, separator)


def _length(call: Call, value: Mql) -> Mql:
    return {"$binarySize" if call.args[0].type.kind is Kind.BYTES else "$strLenCP": value}


def _texts_only(call: Call) -> str:
    odd = any(arg.type.kind is Kind.BYTES for arg in call.args)
    return f"{call.fn.name} of bytes has no MongoDB form" if odd else ""


def _octets(call: Call, value: Mql) -> Mql:
    return {"$binarySize" if call.args[0].type.kind is Kind.BYTES else "$strLenBytes": value}


# --- small and capital letters -------------------------------------------------------------


def _cased(operator: str, capital: bool) -> Build:
    """The server's operator where it is exact, else letter by letter in a text of all letters."""

    def changed(text: Mql) -> Mql:
        before, after = pairs(capital)
        at = {"$indexOfCP": [before, "$$letter"]}
        other = {"$let": {"vars": {"at": at}, "in": _else_itself("$$letter", "$$at", after)}}
        piece = cond({"$lt": ["$$letter", "\x80"]}, {operator: "$$letter"}, other)
        glue = {"$concat": ["$$value", {"$let": {"vars": {"letter": "$$this.match"}, "in": piece}}]}
        pieces = {"$regexFindAll": {"input": text, "regex": "[\\x00-\\x7f]+|[^\\x00-\\x7f]"}}
        letters = {"$reduce": {"input": pieces, "initialValue": "", "in": glue}}
        ascii_only = {"$eq": [{"$strLenBytes": text}, {"$strLenCP": text}]}
        return cond(ascii_only, {operator: text}, letters)

    return lambda call, text: let(changed, text)


def _else_itself(letter: Mql, at: Mql, after: str) -> Mql:
    return cond({"$lt": [at, 0]}, letter, {"$substrCP": [after, at, 1]})


_lower = _cased("$toLower", capital=False)


def _ilike(call: Call, text: Mql, *pattern: Mql) -> Mql:
    _, given, escape = call.args
    assert isinstance(escape, Literal)
    stop = str(escape.value)
    if isinstance(given, Param):
        hole = Placeholder(given.index, lambda v: like(small(str(v)), stop).regex)
        regex: Mql = {"$literal": hole}
    else:
        regex = {"$literal": like(small(str(literal(given))), stop).regex}
    return {"$regexMatch": {"input": _lower(call, text), "regex": regex, "options": "s"}}


ROWS: dict[Function, Row] = {
    ft.UPPER: Row(_cased("$toUpper", capital=True)),
    ft.LOWER: Row(_lower),
    fo.ILIKE: Row(_ilike),
    fo.CONCAT_OP: Row(op("$concat"), Nulls.NATIVE, refuses=_texts_only),
    ft.LENGTH: Row(_length),
    ft.OCTET_LENGTH: Row(_octets),
    ft.SUBSTRING: Row(_substring, Nulls.GUARD, True, _substring_refuses),
    ft.TRIM: _trimmed("$trim"),
    ft.LTRIM: _trimmed("$ltrim"),
    ft.RTRIM: _trimmed("$rtrim"),
    ft.REPLACE: Row(_replaced),
    ft.POSITION: Row(lambda call, text, part: {"$add": [{"$indexOfCP": [text, part]}, 1]}),
    ft.CONCAT: Row(_concat, Nulls.OWN, refuses=_concat_refuses),
    ft.CONCAT_WS: Row(_concat_ws, Nulls.OWN, refuses=_concat_refuses),
    ft.LEFT: Row(_left),
    ft.RIGHT: Row(_right),
    ft.LPAD: Row(_padded(before=True)),
    ft.RPAD: Row(_padded(before=False)),
    ft.REVERSE: Row(_reversed),
    ft.REPEAT: Row(lambda call, text, times: repeated(text, _clamped(times))),
    ft.SPLIT_PART: Row(_split_part, refuses=_split_part_refuses),
    ft.STARTS_WITH: Row(lambda call, text, start: {"$eq": [{"$indexOfCP": [text, start]}, 0]}),
    ft.TRANSLATE: Row(_translated),
}
