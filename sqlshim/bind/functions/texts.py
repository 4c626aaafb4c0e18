"""Text functions of PostgreSQL and other dialects whose binding is more than picking arguments."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from sqlshim.bind.binds import Binds, Special, constant_text, int_literal, text_literal
from sqlshim.bind.coerce import call, case, cast, coerce, logical, settle
from sqlshim.bind.functions.regex_functions import substring_of_pattern
from sqlshim.errors import NotSupportedError, ProgrammingError
from sqlshim.functions import arrays, encodings, text
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Literal, Scalar, null_of
from sqlshim.types import BOOLEAN, BYTES, INTEGER, INTEGERS, TEXT, Kind


def as_text(value: Scalar) -> Scalar:
    """`value` as text, whatever its type."""
    return cast(settle(value), TEXT)


# --- FORMAT ----------------------------------------------------------------------------------

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?(-?)(\d*)([sIL%])|%")


def format_(node: exp.Expr, binds: Binds) -> Scalar:
    """FORMAT('%s is %1$L', …): the pattern is a constant, its pieces are put together here."""
    pattern = constant_text(node.this, binds, "the pattern of FORMAT")
    args = [settle(binds.scalar(e)) for e in node.expressions]
    pieces: list[Scalar] = []
    end, following = 0, 0
    for found in _SPECIFIER.finditer(pattern):
        pieces.append(text_literal(pattern[end : found.start()]))
        end = found.end()
        if found[4] is None:
            raise ProgrammingError(
                "unrecognized format() type specifier", sqlstate="22023", hint="Known: %s %I %L %%."
            )
        if found[4] == "%":
            pieces.append(text_literal("%"))
            continue
        following = int(found[1]) if found[1] else following + 1
        if not 0 < following <= len(args):
            raise ProgrammingError("too few arguments for format()", sqlstate="22023")
        pieces.append(_formatted(found, args[following - 1]))
    pieces.append(text_literal(pattern[end:]))
    return call(text.CONCAT, *pieces)


def _formatted(found: re.Match[str], arg: Scalar) -> Scalar:
    value = as_text(arg)
    if found[4] == "I":
        value = call(text.QUOTE_IDENT, value)
    elif found[4] == "L":
        value = call(text.QUOTE_NULLABLE, value)
    width = int(found[3] or 0)
    if not width:
        return value
    shown = call(text.CONCAT, value)
    padded = call(
        text.RPAD if found[2] else text.LPAD, shown, int_literal(width), text_literal(" ")
    )
    short = call(op.LT, call(text.LENGTH, shown), int_literal(width))
    return case([(short, padded)], shown)


def quoted(fn: Function) -> Special:
    """QUOTE_LITERAL and QUOTE_NULLABLE of a value of any type."""
    return lambda node, binds: call(fn, as_text(binds.scalar(node.expressions[0])))


# --- bytes -----------------------------------------------------------------------------------

_ENCODE = {"hex": encodings.ENCODE_HEX, "base64": encodings.ENCODE_BASE64,
           "escape": encodings.ENCODE_ESCAPE}  # fmt: skip
_DECODE = {"hex": encodings.DECODE_HEX, "base64": encodings.DECODE_BASE64,
           "escape": encodings.DECODE_ESCAPE}  # fmt: skip


def _coded(table: dict[str, Function]) -> Special:
    def build(node: exp.Expr, binds: Binds) -> Scalar:
        name = constant_text(node.args.get("charset"), binds, "the encoding").lower()
        if name not in table:
            raise ProgrammingError(
                f'unrecognized encoding: "{name}"', sqlstate="22023", hint="hex, base64, escape."
            )
        return call(table[name], binds.scalar(node.this))

    return build


def _converted(fn: Function) -> Special:
    def build(node: exp.Expr, binds: Binds) -> Scalar:
        value, name = node.expressions
        encoding = constant_text(name, binds, "the encoding").upper().replace("-", "")
        if encoding not in ("UTF8", "UNICODE"):
            raise NotSupportedError(f"encoding {encoding!r} is not supported", hint="UTF8 is.")
        return call(fn, binds.scalar(value))

    return build


def hexadecimal(node: exp.Expr, binds: Binds) -> Scalar:
    """PostgreSQL's TO_HEX; elsewhere HEX, whose letters are capitals, takes text and bytes too."""
    value = binds.scalar(node.this)
    if binds.context.dialect in ("postgres", "postgresql", ""):
        return call(text.TO_HEX, value)
    if value.type.kind in INTEGERS and binds.context.dialect != "sqlite":
        return call(text.UPPER, call(text.TO_HEX, value))
    raw = value if value.type.kind is Kind.BYTES else call(encodings.CONVERT_TO, as_text(value))
    return call(text.UPPER, call(encodings.ENCODE_HEX, raw))


_SHA = {"224": encodings.SHA224, "256": encodings.SHA256, "0": encodings.SHA256,
        "384": encodings.SHA384, "512": encodings.SHA512}  # fmt: skip


def sha2(node: exp.Expr, binds: Binds) -> Scalar:
    """SHA256(bytes) and its kin; MySQL's SHA2(text, bits) in hexadecimal."""
    fn = _SHA.get(getattr(node.args.get("length"), "name", "256"))
    if fn is None:
        raise NotSupportedError("there are SHA of 224, 256, 384 and 512 bits")
    value = binds.scalar(node.this)
    if isinstance(node, exp.SHA2Digest):
        return call(fn, value)
    raw = call(encodings.CONVERT_TO, value) if value.type.kind is not Kind.BYTES else value
    return call(encodings.ENCODE_HEX, call(fn, raw))


def parts_of_name(node: exp.Expr, binds: Binds) -> Scalar:
    """PARSE_IDENT(name [, strict])"""
    name, *strict = (binds.scalar(e) for e in node.expressions)
    flag = strict[0] if strict else coerce(text_literal("true"), BOOLEAN)
    return call(text.PARSE_IDENT, name, flag)


# --- places ----------------------------------------------------------------------------------


def position(node: exp.Expr, binds: Binds) -> Scalar:
    """POSITION, STRPOS, INSTR, LOCATE, CHARINDEX; some of them from a later place on."""
    if node.args.get("occurrence") is not None:
        return later_place(node, binds)
    subject, part = binds.scalar(node.this), binds.scalar(node.args["substr"])
    if subject.type.kind is Kind.BYTES and node.args.get("position") is None:
        return call(encodings.POSITION_OF_BYTES, subject, part)
    if node.args.get("position") is None:
        return call(text.POSITION, subject, part)
    start = binds.scalar(node.args["position"])
    found = call(text.POSITION, call(text.SUBSTRING, subject, start), part)
    before = call(op.SUB, start, int_literal(1))
    outside = call(op.LT, start, int_literal(1))
    nowhere = logical(op.OR, [outside, call(op.EQ, found, int_literal(0))])
    return cast(case([(nowhere, int_literal(0))], call(op.ADD, found, before)), INTEGER)


def later_place(node: exp.Expr, binds: Binds) -> Scalar:
    """INSTR(text, part, 1, n): where the n-th occurrence of a constant begins."""
    part = constant_text(node.args["substr"], binds, "the part looked for")
    n = binds.scalar(node.args["occurrence"])
    start = node.args.get("position")
    overlaps = any(part.endswith(part[:i]) for i in range(1, len(part)))
    if (
        not isinstance(n, Literal)
        or not isinstance(n.value, int)
        or n.value < 1
        or (start is not None and start.name != "1")
        or not part
        or overlaps
    ):
        raise NotSupportedError(
            "the place of a later occurrence is supported from the start on, of a constant that "
            "cannot overlap itself"
        )
    pieces = call(arrays.STRING_TO_ARRAY, coerce(binds.scalar(node.this), TEXT), text_literal(part))
    before = call(arrays.SLICE, pieces, int_literal(1), int_literal(n.value))
    joined = call(arrays.ARRAY_TO_STRING, before, text_literal(part))
    there = call(op.GT, call(arrays.CARDINALITY, pieces), int_literal(n.value))
    found = call(op.ADD, call(text.LENGTH, joined), int_literal(1))
    absent = call(op.IS_NULL, pieces)
    return case([(there, found), (absent, null_of(INTEGER))], int_literal(0))


_DATES = (Kind.DATE, Kind.TIMESTAMP)
_DATES_ARE_TEXTS = ("sqlite", "mysql")  # where SUBSTR of a date is a part of its text


def substring(node: exp.Expr, binds: Binds) -> Scalar:
    """SUBSTRING; a start below 1 uses up length in PostgreSQL and counts from the end elsewhere."""
    args = [
        binds.scalar(e) for e in (node.this, node.args.get("start"), node.args.get("length")) if e
    ]
    if args[0].type.kind in _DATES and binds.context.dialect in _DATES_ARE_TEXTS:
        args[0] = cast(args[0], TEXT)
    if len(args) == 2 and (_is_pattern(node.args.get("start")) or args[1].type.kind is Kind.TEXT):
        return substring_of_pattern(node, binds)
    if len(args) == 3 and binds.context.dialect == "sqlite":
        args[1:] = _backwards(args[1], args[2])
    if len(args) > 1 and (place := _PLACES.get(binds.context.dialect)) is not None:
        args[1:] = place(coerce(args[0], TEXT), args[1], args[2:])
    return call(text.SUBSTRING, *args)


def _is_pattern(start: exp.Expr | None) -> bool:
    """SUBSTRING(t FROM 'o.b'): what is no number is a regular expression."""
    return isinstance(start, exp.Literal) and start.is_string


def _from_end(zero: int) -> Callable[[Scalar, Scalar, list[Scalar]], list[Scalar]]:
    """A negative start counts from the end, and is nothing beyond the beginning; `zero` is where
    0 is: at the first character (Oracle) or before it, which leaves nothing (MySQL)."""

    def build(subject: Scalar, start: Scalar, rest: list[Scalar]) -> list[Scalar]:
        size = call(text.LENGTH, subject)
        last = call(op.ADD, call(op.ADD, size, start), int_literal(1))
        beyond = call(op.ADD, size, int_literal(1))
        at_zero = int_literal(1) if zero else beyond
        return [
            case(
                [
                    (call(op.GT, start, int_literal(0)), start),
                    (call(op.EQ, start, int_literal(0)), at_zero),
                    (call(op.GT, last, int_literal(0)), last),
                ],
                beyond,
            ),
            *rest,
        ]

    return build


def _circular(subject: Scalar, start: Scalar, rest: list[Scalar]) -> list[Scalar]:
    """SQLite: a negative start counts from the end and may lie before the beginning, as 0 does:
    that uses up length."""
    last = call(op.ADD, call(op.ADD, call(text.LENGTH, subject), start), int_literal(1))
    return [case([(call(op.LT, start, int_literal(0)), last)], start), *rest]


def _backwards(start: Scalar, size: Scalar) -> list[Scalar]:
    """SQLite: a negative length takes what stands before the start."""
    known = isinstance(size, Literal) and isinstance(size.value, int)
    if not known or not isinstance(start, Literal) or not isinstance(start.value, int):
        return [start, size]
    assert isinstance(size, Literal)
    assert isinstance(size.value, int)
    if size.value >= 0 or start.value < 1:
        return [start, size]
    first = max(start.value + size.value, 1)
    return [int_literal(first), int_literal(start.value - first)]


def _clamped(subject: Scalar, start: Scalar, rest: list[Scalar]) -> list[Scalar]:
    """BigQuery: a negative start counts from the end; 0 and what lies before is the beginning."""
    last = call(op.ADD, call(op.ADD, call(text.LENGTH, subject), start), int_literal(1))
    arms = [(call(op.GT, start, int_literal(0)), start)]
    arms += [(call(op.EQ, start, int_literal(0)), int_literal(1))]
    return [case([*arms, (call(op.LT, last, int_literal(1)), int_literal(1))], last), *rest]


def _refused(subject: Scalar, start: Scalar, rest: list[Scalar]) -> list[Scalar]:
    if isinstance(start, Literal) and isinstance(start.value, int) and start.value > 0:
        return [start, *rest]
    raise NotSupportedError(
        "SUBSTR from a position that may be below 1 is not supported yet in this dialect",
        hint="Use RIGHT to count from the end.",
    )


_PLACES = {"mysql": _from_end(0), "mariadb": _from_end(0),
           "oracle": _from_end(1), "snowflake": _from_end(1), "sqlite": _circular,
           "bigquery": _clamped, "spark": _refused, "hive": _refused, "databricks": _refused,
           "duckdb": _circular}  # fmt: skip


def overlay(node: exp.Expr, binds: Binds) -> Scalar:
    """OVERLAY replaces as many characters as it puts in, unless told."""
    new, length = binds.scalar(node.expression), node.args.get("for_")
    value = binds.scalar(node.this)
    of_bytes = value.type.kind is Kind.BYTES
    new = coerce(new, BYTES) if of_bytes else new
    size = call(text.LENGTH, new) if length is None else binds.scalar(length)
    fn = encodings.OVERLAY_BYTES if of_bytes else text.OVERLAY
    return call(fn, value, new, binds.scalar(node.args["from_"]), size)


def stuff(node: exp.Expr, binds: Binds) -> Scalar:
    """T-SQL's STUFF and MySQL's INSERT: nothing, or the text as it is, from an impossible place."""
    subject, new = binds.scalar(node.this), binds.scalar(node.expression)
    start, size = binds.scalar(node.args["start"]), binds.scalar(node.args["length"])
    outside = logical(
        op.OR,
        [call(op.LT, start, int_literal(1)), call(op.GT, start, call(text.LENGTH, subject))],
    )
    kept = subject if binds.context.dialect == "mysql" else null_of(TEXT)
    return case([(outside, kept)], call(text.OVERLAY, subject, new, start, size))


def space(node: exp.Expr, binds: Binds) -> Scalar:
    return call(text.REPEAT, text_literal(" "), binds.scalar(node.this))


def compare(node: exp.Expr, binds: Binds) -> Scalar:
    """STRCMP(a, b): -1, 0 or 1."""
    a, b = (coerce(binds.scalar(e), TEXT) for e in node.expressions)
    arms = [(call(op.LT, a, b), int_literal(-1)), (call(op.GT, a, b), int_literal(1))]
    return case([*arms, (call(op.EQ, a, b), int_literal(0))], null_of(INTEGER))


def field(node: exp.Expr, binds: Binds) -> Scalar:
    """FIELD(x, a, b, …): the place of the first that equals x, 0 if none does."""
    wanted, *items = [binds.scalar(e) for e in node.expressions]
    arms = [(call(op.EQ, wanted, item), int_literal(n)) for n, item in enumerate(items, 1)]
    return case(arms, int_literal(0))


def chosen(node: exp.Expr, binds: Binds) -> Scalar:
    """ELT(n, a, b, …) and CHOOSE: the n-th of them, else NULL."""
    nodes = [node.this, *node.expressions] if isinstance(node, exp.Elt) else node.expressions
    place, *items = [settle(binds.scalar(e)) for e in nodes]
    arms = [(call(op.EQ, place, int_literal(n)), item) for n, item in enumerate(items, 1)]
    return case(arms, null_of(items[0].type))


def normalize(node: exp.Expr, binds: Binds) -> Scalar:
    form = getattr(node.args.get("form"), "name", "NFC").upper()
    if form != "NFC":
        raise NotSupportedError(f"normal form {form} is not supported", hint="NFC is.")
    return call(text.NORMALIZE, binds.scalar(node.this))


def unhex(node: exp.Expr, binds: Binds) -> Scalar:
    return call(encodings.DECODE_HEX, binds.scalar(node.this))


def to_base64(node: exp.Expr, binds: Binds) -> Scalar:
    value = binds.scalar(node.this)
    raw = value if value.type.kind is Kind.BYTES else call(encodings.CONVERT_TO, value)
    return call(encodings.ENCODE_BASE64, raw)


SPECIAL: dict[type[exp.Expr], Special] = {
    exp.Format: format_,
    exp.Encode: _coded(_ENCODE),
    exp.Decode: _coded(_DECODE),
    exp.Hex: hexadecimal,
    exp.Unhex: unhex,
    exp.ToBase64: to_base64,
    exp.SHA2Digest: sha2,
    exp.SHA2: sha2,
    exp.StrPosition: position,
    exp.Substring: substring,
    exp.Overlay: overlay,
    exp.Stuff: stuff,
    exp.Space: space,
    exp.Elt: chosen,
    exp.Normalize: normalize,
}
CALLS: dict[str, Special] = {
    "parse_ident": parts_of_name,
    "quote_literal": quoted(text.QUOTE_LITERAL),
    "quote_nullable": quoted(text.QUOTE_NULLABLE),
    "convert_from": _converted(encodings.CONVERT_FROM),
    "convert_to": _converted(encodings.CONVERT_TO),
    "strcmp": compare,
    "field": field,
    "choose": chosen,
}
