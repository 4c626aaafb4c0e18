"""How DuckDB says regular expressions, encodings and what is written by a pattern.

Same form as `functions`, whose table takes these rows in.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlshim.backends.duckdb.compile.casts import E, call, cast, number, text
from sqlshim.backends.duckdb.compile.json import python
from sqlshim.backends.duckdb.compile.operators import Build, named
from sqlshim.backends.duckdb.python_functions import PYTHON
from sqlshim.functions import encodings, regex
from sqlshim.functions import text as txt
from sqlshim.functions.model import Function
from sqlshim.ir.scalar import Call, Literal
from sqlshim.types import BIGINT, BOOLEAN, BYTES, DECIMAL, INTEGER, JSON, TEXT, Kind


def _regexp_substr(node: Call, args: list[E]) -> E:
    subject, pattern, place, group = args
    every = call("regexp_extract_all", subject, pattern, cast(group, INTEGER))
    return call("list_extract", every, place)


def _regexp_match(node: Call, args: list[E]) -> E:
    """The groups as a list; DuckDB's own form with names gives a struct."""
    groups = node.args[2]
    assert isinstance(groups, Literal)
    assert isinstance(groups.value, int)
    places = range(1, groups.value + 1) if groups.value else (0,)
    found = exp.Array(
        expressions=[call("regexp_extract", args[0], args[1], number(p)) for p in places]
    )
    return exp.Case(ifs=[exp.If(this=call("regexp_matches", args[0], args[1]), true=found)])


def _regexp_matches(node: Call, args: list[E]) -> E:
    """A list of lists, which has no element where nothing matches."""
    groups, flag = node.args[2], node.args[3]
    assert isinstance(groups, Literal)
    assert isinstance(groups.value, int)
    assert isinstance(flag, Literal)
    places = range(1, groups.value + 1) if groups.value else (0,)
    found = [call("regexp_extract_all", args[0], args[1], number(p)) for p in places]
    at = exp.to_identifier("at")
    one = exp.Array(expressions=[call("list_extract", f, exp.Column(this=at)) for f in found])
    size = call("len", found[0].copy())
    if not flag.value:
        size = call("least", size, number(1))
    end = exp.Add(this=size, expression=number(1))
    each = exp.Lambda(this=one, expressions=[at.copy()], colon=True)
    every = call("list_transform", call("range", number(1), end), each)
    known = exp.Not(this=exp.Paren(this=exp.Is(this=args[0].copy(), expression=exp.null())))
    return exp.Case(ifs=[exp.If(this=known, true=every)])


def _to_char_number(node: Call, args: list[E]) -> E:
    """The text of the value without its sign, the sign, and the pattern's numbers."""
    value, *pattern = args
    digits = cast(call("abs", value), TEXT)
    negative = exp.LT(this=exp.Paren(this=value), expression=number(0))
    return call("pg_to_char_number", digits, cast(negative, BOOLEAN), *pattern)


def _bit_count(node: Call, args: list[E]) -> E:
    whole = node.args[0].type.kind is not Kind.BYTES
    if whole:
        return cast(call("bit_count", cast(args[0], BIGINT)), node.type)
    return cast(call("pg_bit_count", *args), node.type)


def _hashed(name: str) -> Build:
    def build(node: Call, args: list[E]) -> E:
        nulls = [cast(exp.null(), TEXT) for _ in range(2)]
        made = call(PYTHON, text("hash"), text(name), call("hex", args[0]), *nulls)
        return cast(call("unhex", made), BYTES)

    return build


TEXT_BUILDERS: Mapping[Function, Build] = {
    regex.REGEXP_LIKE: named("regexp_matches"),
    regex.REGEXP_REPLACE: named("regexp_replace"),
    regex.REGEXP_COUNT: lambda node, args: cast(
        call("len", call("regexp_extract_all", *args)), INTEGER
    ),
    regex.REGEXP_SUBSTR: _regexp_substr,
    regex.REGEXP_INSTR: named("pg_regexp_instr", INTEGER),
    regex.REGEXP_MATCH: _regexp_match,
    regex.REGEXP_GROUPS: lambda node, args: cast(
        cast(python("regexp groups")(node, args), JSON), node.type
    ),
    regex.REGEXP_PART: python("regexp part"),
    regex.REGEXP_MATCHES: _regexp_matches,
    regex.REGEXP_SPLIT_TO_ARRAY: named("string_split_regex"),
    regex.RE2_PATTERN: python("re2"),
    regex.SIMILAR_PATTERN: python("similar"),
    regex.RE2_REPLACEMENT: python("replacement"),
    regex.REGEXP_FIELD: lambda node, args: call(
        "pg_regexp_field", args[0], args[1], cast(args[2], INTEGER), args[3]
    ),
    encodings.MD5: named("md5"),
    encodings.SHA1: named("sha1"),
    encodings.SHA256: lambda node, args: cast(call("unhex", call("sha256", *args)), BYTES),
    **{fn: _hashed(fn.name.lower()) for fn in (encodings.SHA224, encodings.SHA384)},
    encodings.SHA512: _hashed("sha512"),
    encodings.ENCODE_HEX: lambda node, args: call("lower", call("hex", *args)),
    encodings.ENCODE_BASE64: named("pg_base64"),
    encodings.ENCODE_ESCAPE: named("pg_escaped"),
    encodings.DECODE_HEX: named("pg_from_hex"),
    encodings.DECODE_BASE64: named("pg_from_base64"),
    encodings.DECODE_ESCAPE: named("pg_unescaped"),
    encodings.CONVERT_FROM: named("decode"),
    encodings.CONVERT_TO: named("encode"),
    encodings.TRIM_BYTES: named("pg_trim_bytes"),
    encodings.POSITION_OF_BYTES: named("pg_bytes_position", INTEGER),
    encodings.OVERLAY_BYTES: named("pg_overlay_bytes"),
    encodings.GET_BYTE: named("pg_get_byte", INTEGER),
    encodings.SET_BYTE: named("pg_set_byte"),
    encodings.GET_BIT: named("pg_get_bit", INTEGER),
    encodings.SET_BIT: named("pg_set_bit"),
    encodings.BIT_COUNT: _bit_count,
    txt.ENDS_WITH: named("ends_with"),
    txt.CONTAINS: named("contains"),
    txt.QUOTE_IDENT: named("pg_quote_ident"),
    txt.NUMBER_AS: python("number as"),
    txt.PARSE_IDENT: lambda node, args: cast(
        cast(python("parse ident")(node, args), JSON), node.type
    ),
    txt.NORMALIZE: named("nfc_normalize"),
    txt.UNISTR: named("pg_unistr"),
    txt.LEVENSHTEIN: named("levenshtein", INTEGER),
    txt.SUBSTRING_INDEX: named("pg_substring_index"),
    txt.TO_CHAR_NUMBER: _to_char_number,
    txt.TO_NUMBER: named("pg_to_number", DECIMAL),
    txt.QUOTE_LITERAL: named("pg_quote_literal"),
    txt.QUOTE_NULLABLE: lambda node, args: call(
        "coalesce", call("pg_quote_literal", *args), text("NULL")
    ),
}

TEXT_REPEATING = frozenset(
    {
        regex.REGEXP_MATCH,
        regex.REGEXP_MATCHES,
        regex.REGEXP_INSTR,
        regex.REGEXP_FIELD,
        txt.TO_CHAR_NUMBER,
    }
    | {txt.QUOTE_IDENT, txt.UNISTR, txt.SUBSTRING_INDEX, txt.TO_NUMBER, txt.QUOTE_LITERAL}
    | {txt.QUOTE_NULLABLE, encodings.DECODE_HEX, encodings.DECODE_BASE64, encodings.DECODE_ESCAPE}
    | {encodings.GET_BYTE, encodings.SET_BYTE, encodings.GET_BIT, encodings.SET_BIT}
    | {encodings.BIT_COUNT, encodings.TRIM_BYTES, encodings.POSITION_OF_BYTES}
    | {encodings.OVERLAY_BYTES}
)
TEXT_CAN_FAIL = frozenset(
    {regex.REGEXP_GROUPS, regex.REGEXP_PART}
    | {regex.RE2_PATTERN, regex.SIMILAR_PATTERN, regex.REGEXP_FIELD, txt.UNISTR, txt.PARSE_IDENT}
    | {txt.TO_NUMBER, encodings.DECODE_HEX, encodings.OVERLAY_BYTES}
    | {encodings.DECODE_BASE64, encodings.DECODE_ESCAPE, encodings.CONVERT_FROM}
    | {encodings.GET_BYTE, encodings.SET_BYTE, encodings.GET_BIT, encodings.SET_BIT}
)
