"""Arguments of expressions that the binder does not read are refused: an argument that is passed
over in silence is a wrong answer.

`scalars` calls `check_arguments` on each node and `check_count` on each call that sqlglot has no
node for. What the tables of `functions` pick is read; of other nodes `this`, `expression`,
`expressions` and what `_READ` names. Some of these names are sqlglot's notes of what its dialect
means, which change nothing here.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.functions.nodes import AGGREGATES, SIMPLE, WITHIN_GROUP
from sqlshim.bind.functions.special import SPECIAL
from sqlshim.bind.scope import position
from sqlshim.errors import NotSupportedError, ProgrammingError

_OPERANDS = frozenset({"this", "expression", "expressions"})
_UNIT = "unit"
_SEARCH = "position occurrence parameters group"
_MATCH = "null_if_pos_overflow null_if_no_match empty_if_group_missing"
_JSON_STEP = (
    "only_json_types variant_extract json_type json_subtype scalar_only requires_json "
    "json_query path"
)
_READ: dict[type[exp.Expr], str] = {
    # constants and operators
    exp.Literal: "is_string",
    exp.ByteString: "is_bytes",
    exp.UnicodeString: "escape",
    exp.HexString: "is_integer",
    exp.Interval: "unit fraction_in_string",
    exp.Div: "typed safe",
    exp.Is: "negate",
    exp.Between: "low high symmetric",
    exp.In: "query unnest field is_global negate",
    exp.Case: "ifs default",
    exp.If: "true false",
    exp.Greatest: "ignore_nulls",
    exp.Least: "ignore_nulls",
    exp.Cast: "to safe",
    exp.TryCast: "to safe requires_string null_on_text_overflow probe_date_format",
    exp.Convert: "style safe",
    exp.DPipe: "safe",
    exp.Like: "negate",
    exp.ILike: "negate",
    exp.Coalesce: "is_nvl is_null",
    exp.Xor: "round_input",
    exp.BitwiseLeftShift: "requires_int128",
    exp.BitwiseRightShift: "requires_int128",
    # text
    exp.Trim: "position",
    exp.Concat: "safe coalesce",
    exp.ConcatWs: "safe coalesce flatten",
    exp.Pad: "fill_pattern is_left",
    exp.Length: "binary encoding",
    exp.Left: "negative_length_returns_empty",
    exp.Right: "negative_length_returns_empty",
    exp.Replace: "replacement",
    exp.Chr: "charset",
    exp.Split: "null_returns_null empty_delimiter_returns_whole",
    exp.SplitPart: "empty_delimiter_returns_whole part_index_zero_as_one",
    exp.Unicode: "empty_is_zero",
    exp.Initcap: "expression",
    exp.ToChar: "format is_numeric",
    exp.ToNumber: "format precision scale safe safe_name",
    exp.NumberToStr: "format",
    exp.LowerHex: "case",
    exp.Hex: "case",
    exp.Encode: "charset",
    exp.Decode: "charset replace",
    exp.SHA2Digest: "length",
    exp.SHA2: "length",
    exp.StrPosition: "substr position occurrence clamp_position",
    exp.Substring: "start length zero_start",
    exp.Overlay: "from_ for_",
    exp.Stuff: "start length",
    exp.Normalize: "form",
    exp.RegexpLike: "flag full_match",
    exp.RegexpILike: "flag",
    exp.RegexpReplace: "replacement position occurrence modifiers single_replace",
    exp.RegexpCount: "position parameters",
    exp.RegexpSubstr: _SEARCH,
    exp.RegexpExtract: f"{_SEARCH} {_MATCH}",
    exp.RegexpInstr: f"{_SEARCH} option",
    exp.RegexpSplit: "mode",
    exp.Getbit: "zero_is_msb",
    # numbers
    exp.WidthBucket: "min_value max_value num_buckets threshold",
    exp.Round: "decimals truncate casts_non_integer_decimals",
    exp.Trunc: "decimals fractions_supported",
    exp.Uuid: "is_string",
    # dates
    exp.TimestampTrunc: "unit zone input_type_preserved",
    exp.DateTrunc: "unit zone input_type_preserved",
    **dict.fromkeys((exp.DateAdd, exp.DateSub, exp.DatetimeAdd, exp.DatetimeSub), _UNIT),
    **dict.fromkeys((exp.TimestampAdd, exp.TimestampSub, exp.TimestampDiff), _UNIT),
    **dict.fromkeys((exp.TimeAdd, exp.TimeSub), _UNIT),
    exp.DateDiff: "unit big_int date_part_boundary",
    exp.DateFromParts: "allow_overflow",
    exp.CurrentTimestamp: "sysdate",
    exp.TsOrDsToDate: "format safe default_date",
    exp.StrToDate: "format safe default_year",
    exp.StrToTime: "format safe target_type default_year",
    exp.TimeToStr: "format",
    exp.Week: "mode",
    exp.AtTimeZone: "zone",
    exp.MakeInterval: "year month week day hour minute second",
    exp.Dayname: "abbreviated",
    exp.Monthname: "abbreviated",
    exp.AddMonths: "preserve_end_of_month",
    exp.UnixToTime: "scale format target_type",
    exp.Nvl2: "true false",
    exp.Timestamp: "with_tz",
    exp.TimestampFromParts: "year month day hour min sec milli",
    # arrays and JSON
    exp.Array: "bracket_notation struct_name_inheritance value_constructor",
    exp.Bracket: "offset safe returns_list_for_maps json_access",
    exp.ArrayPosition: "zero_based",
    exp.ArrayToString: "null null_is_empty null_delim_is_null",
    exp.ArrayContains: "check_null ensure_variant",
    **dict.fromkeys((exp.ArrayAppend, exp.ArrayPrepend, exp.ArrayConcat), "null_propagation"),
    exp.StringToArray: "null",
    exp.JSONExtract: _JSON_STEP,
    exp.JSONExtractScalar: _JSON_STEP,
    exp.JSONBExtractScalar: "json_type",
    exp.JSONValue: "path returning on_condition",
    exp.JSONBExists: "path",
    exp.ParseJSON: "safe is_literal",
    exp.JSONFormat: "is_json to_json",
    exp.Operator: "operator",
    exp.GenerateSeries: "start end step is_end_exclusive",
    exp.ExplodingGenerateSeries: "start end step is_end_exclusive",
    # aggregates
    exp.Count: "big_int",
    exp.CountIf: "zero_on_all_null",
    exp.ApproxDistinct: "accuracy",
    exp.ArrayAgg: "nulls_excluded",
    exp.GroupConcat: "on_overflow",
    exp.Corr: "null_on_zero_variance",
    exp.Mode: "deterministic",
}
_PICKED = SIMPLE | AGGREGATES
# Of nodes that have no arguments but those of `_OPERANDS`, those whose builders do not read all.
_NOT_READ: dict[type[exp.Expr], tuple[str, ...]] = {
    exp.UtcTimestamp: ("this",),
    exp.Systimestamp: ("this",),
    exp.Unhex: ("expression",),
    exp.JSONExtract: ("expressions",),
    exp.JSONExtractScalar: ("expressions",),
    exp.JSONType: ("expression",),
    exp.JSONKeys: ("expression", "expressions"),
    exp.ParseJSON: ("expression",),
    exp.JSONStripNulls: ("expression",),
    exp.CurrentUser: ("this",),
    exp.CurrentSchema: ("this",),
    exp.Exists: ("expression",),
    exp.Explode: ("expressions",),
}


def _unread(kind: type[exp.Expr]) -> tuple[str, ...]:
    read = set(_READ.get(kind, "").split())
    read |= set(_PICKED[kind][1]) if kind in _PICKED else _OPERANDS
    return tuple(n for n in kind.arg_types if n not in read or n in _NOT_READ.get(kind, ()))


_KNOWN = {*_PICKED, *SPECIAL, *WITHIN_GROUP, *_NOT_READ, exp.CountIf, exp.ExplodingGenerateSeries}
_UNREAD = {kind: unread for kind in _KNOWN if (unread := _unread(kind))}


def check_arguments(node: exp.Expr) -> None:
    """NotSupportedError for an argument of `node` that nobody reads."""
    for name in _UNREAD.get(type(node), ()):
        if value := node.args.get(name):
            at = value[0] if isinstance(value, list) else value
            place = position(at) if isinstance(at, exp.Expr) else None
            raise NotSupportedError(
                f"the argument {_shown(name, value)} of {_name(node)} is not supported",
                position=position(node) if place is None else place,
            )


def _shown(name: str, value: object) -> str:
    if name in _OPERANDS and isinstance(value, exp.Expr):
        return value.sql()[:40]
    return name.rstrip("_").upper().replace("_", " ")


def _name(node: exp.Expr) -> str:
    return node.sql_name() if isinstance(node, exp.Func) else node.key.upper()


# --- calls that sqlglot has no node for ------------------------------------------------------

# The fewest and the most arguments of calls that are bound by hand (`special.CALLS`).
_COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("version", "current_database", "database", "current_schema"), (0, 0)),
    **dict.fromkeys(("clock_timestamp", "statement_timestamp"), (0, 0)),
    **dict.fromkeys(("transaction_timestamp", "getutcdate"), (0, 0)),
    **dict.fromkeys(("now", "unix_timestamp"), (0, 1)),
    **dict.fromkeys(("quote_literal", "quote_nullable", "quote", "pg_typeof"), (1, 1)),
    **dict.fromkeys(("jsonb_pretty", "jsonb_strip_nulls", "json_unquote", "to_jsonb"), (1, 1)),
    **dict.fromkeys(("json_array_length", "jsonb_array_length", "json_length"), (1, 1)),
    **dict.fromkeys(("json_typeof", "jsonb_typeof", "json_keys", "array_ndims"), (1, 1)),
    **dict.fromkeys(("cardinality", "array_dims", "scale", "min_scale", "trim_scale"), (1, 1)),
    **dict.fromkeys(("convert_from", "convert_to", "strcmp", "find_in_set", "patindex"), (2, 2)),
    **dict.fromkeys(("jsonb_exists_any", "jsonb_exists_all", "json_query", "bitand"), (2, 2)),
    **dict.fromkeys(("array_upper", "array_lower", "array_positions", "trim_array"), (2, 2)),
    **dict.fromkeys(("array_fill", "makedate", "adddate", "subdate"), (2, 2)),
    **dict.fromkeys(("regexp_match", "regexp_split_to_array"), (2, 3)),
    **dict.fromkeys(("sqlshim_to_char", "sqlshim_to_number", "sqlshim_to_date"), (1, 2)),
    "sqlshim_to_timestamp": (1, 2),
    **dict.fromkeys(("sysdate", "user"), (0, 1)),
    **dict.fromkeys(("microsecond", "json_valid", "isjson", "quotename"), (1, 1)),
    "json_contains": (2, 2),
    "age": (1, 2),
    "parse_ident": (1, 2),
    **dict.fromkeys(("array_replace", "sqlshim_date_bin"), (3, 3)),
    "make_timestamptz": (6, 7),
    **dict.fromkeys(("field", "choose"), (2, 10**6)),
    **dict.fromkeys(("likely", "unlikely", "time_to_sec", "weekday"), (1, 1)),
}


def check_count(name: str, node: exp.Expr) -> None:
    """ProgrammingError where a call has another number of arguments than is read."""
    fewest, most = _COUNTS.get(name, (0, 10**6))
    if not fewest <= len(node.expressions) <= most:
        shown = name.removeprefix("sqlshim_")
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise ProgrammingError(
            f"{shown} takes {wanted} arguments, not {len(node.expressions)}",
            sqlstate="42883",
            position=position(node),
        )
