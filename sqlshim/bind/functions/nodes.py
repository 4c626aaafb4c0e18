"""How sqlglot's nodes name our functions: a table from node class to row and argument names.

Arguments that are absent are left out; `ANONYMOUS` are functions that sqlglot reads as plain
calls. What needs more than picking arguments is in `special`.
"""

from __future__ import annotations

from sqlglot import exp

from sqlshim.functions import (
    ALL,
    aggregates,
    bits,
    conditional,
    datetime,
    encodings,
    math,
    regex,
    text,
)
from sqlshim.functions import operators as op
from sqlshim.functions.model import Function, Role

SIMPLE: dict[type[exp.Expr], tuple[Function, tuple[str, ...]]] = {
    # operators
    exp.EQ: (op.EQ, ("this", "expression")),
    exp.NEQ: (op.NE, ("this", "expression")),
    exp.LT: (op.LT, ("this", "expression")),
    exp.LTE: (op.LE, ("this", "expression")),
    exp.GT: (op.GT, ("this", "expression")),
    exp.GTE: (op.GE, ("this", "expression")),
    exp.NullSafeEQ: (op.IS_NOT_DISTINCT, ("this", "expression")),
    exp.NullSafeNEQ: (op.IS_DISTINCT, ("this", "expression")),
    exp.Add: (op.ADD, ("this", "expression")),
    exp.Mul: (op.MUL, ("this", "expression")),
    # conditional
    exp.Coalesce: (conditional.COALESCE, ("this", "expressions")),
    exp.Nullif: (conditional.NULLIF, ("this", "expression")),
    exp.Greatest: (conditional.GREATEST, ("this", "expressions")),
    exp.Least: (conditional.LEAST, ("this", "expressions")),
    # text
    exp.Upper: (text.UPPER, ("this",)),
    exp.Lower: (text.LOWER, ("this",)),
    exp.ByteLength: (text.OCTET_LENGTH, ("this",)),
    exp.Reverse: (text.REVERSE, ("this",)),
    exp.Repeat: (text.REPEAT, ("this", "times")),
    exp.SplitPart: (text.SPLIT_PART, ("this", "delimiter", "part_index")),
    exp.StartsWith: (text.STARTS_WITH, ("this", "expression")),
    exp.Ascii: (text.ASCII, ("this",)),
    exp.Translate: (text.TRANSLATE, ("this", "from_", "to")),
    exp.MD5: (encodings.MD5, ("this",)),
    exp.SHA: (encodings.SHA1, ("this",)),
    exp.FromBase64: (encodings.DECODE_BASE64, ("this",)),
    exp.Unicode: (text.ASCII, ("this",)),
    exp.EndsWith: (text.ENDS_WITH, ("this", "expression")),
    exp.Contains: (text.CONTAINS, ("this", "expression")),
    exp.Levenshtein: (text.LEVENSHTEIN, ("this", "expression")),
    exp.SubstringIndex: (text.SUBSTRING_INDEX, ("this", "delimiter", "count")),
    # mathematics
    exp.Abs: (math.ABS, ("this",)),
    exp.Ceil: (math.CEIL, ("this",)),
    exp.Floor: (math.FLOOR, ("this",)),
    exp.Sign: (math.SIGN, ("this",)),
    exp.Sqrt: (math.SQRT, ("this",)),
    exp.Cbrt: (math.CBRT, ("this",)),
    exp.Pow: (math.POWER, ("this", "expression")),
    exp.Exp: (math.EXP, ("this",)),
    exp.Ln: (math.LN, ("this",)),
    exp.Pi: (math.PI, ()),
    exp.Sin: (math.SIN, ("this",)),
    exp.Cos: (math.COS, ("this",)),
    exp.Tan: (math.TAN, ("this",)),
    exp.Asin: (math.ASIN, ("this",)),
    exp.Acos: (math.ACOS, ("this",)),
    exp.IsNan: (math.ISNAN, ("this",)),
    exp.IsInf: (math.ISINF, ("this",)),
    exp.Getbit: (encodings.GET_BIT, ("this", "expression")),
    exp.Atan2: (math.ATAN2, ("this", "expression")),
    exp.Degrees: (math.DEGREES, ("this",)),
    exp.Radians: (math.RADIANS, ("this",)),
    exp.Rand: (math.RANDOM, ()),
    exp.Sinh: (math.SINH, ("this",)),
    exp.Cosh: (math.COSH, ("this",)),
    exp.Tanh: (math.TANH, ("this",)),
    exp.Asinh: (math.ASINH, ("this",)),
    exp.Acosh: (math.ACOSH, ("this",)),
    exp.Atanh: (math.ATANH, ("this",)),
    exp.Cot: (math.COT, ("this",)),
    exp.Factorial: (math.FACTORIAL, ("this",)),
    exp.BitwiseAnd: (bits.BIT_AND_OP, ("this", "expression")),
    exp.BitwiseOr: (bits.BIT_OR_OP, ("this", "expression")),
    exp.BitwiseXor: (bits.BIT_XOR_OP, ("this", "expression")),
    exp.BitwiseNot: (bits.BIT_NOT_OP, ("this",)),
    exp.BitwiseLeftShift: (bits.SHIFT_LEFT, ("this", "expression")),
    exp.BitwiseRightShift: (bits.SHIFT_RIGHT, ("this", "expression")),
    exp.BitLength: (text.BIT_LENGTH, ("this",)),
    exp.Uuid: (text.GEN_RANDOM_UUID, ()),
    # date and time
    exp.TimeFromParts: (datetime.MAKE_TIME, ("hour", "min", "sec")),
    exp.LastDay: (datetime.LAST_DAY, ("this",)),
    exp.JustifyDays: (datetime.JUSTIFY_DAYS, ("this",)),
    exp.JustifyHours: (datetime.JUSTIFY_HOURS, ("this",)),
    exp.JustifyInterval: (datetime.JUSTIFY_INTERVAL, ("this",)),
    exp.DateFromParts: (datetime.MAKE_DATE, ("year", "month", "day")),
}

_PAIR = ("this", "expression")
AGGREGATES: dict[type[exp.Expr], tuple[Function, tuple[str, ...]]] = {
    exp.Count: (aggregates.COUNT, ("this", "expressions")),
    exp.ApproxDistinct: (aggregates.COUNT, ("this",)),
    exp.Sum: (aggregates.SUM, ("this",)),
    exp.Avg: (aggregates.AVG, ("this",)),
    exp.Min: (aggregates.MIN, ("this", "expressions")),
    exp.Max: (aggregates.MAX, ("this", "expressions")),
    exp.LogicalAnd: (aggregates.BOOL_AND, ("this",)),
    exp.LogicalOr: (aggregates.BOOL_OR, ("this",)),
    exp.Stddev: (aggregates.STDDEV_SAMP, ("this",)),
    exp.StddevSamp: (aggregates.STDDEV_SAMP, ("this",)),
    exp.StddevPop: (aggregates.STDDEV_POP, ("this",)),
    exp.Variance: (aggregates.VAR_SAMP, ("this",)),
    exp.VariancePop: (aggregates.VAR_POP, ("this",)),
    exp.GroupConcat: (aggregates.STRING_AGG, ("this", "separator")),
    exp.AnyValue: (aggregates.ANY_VALUE, ("this",)),
    exp.BitwiseAndAgg: (aggregates.BIT_AND, ("this",)),
    exp.BitwiseOrAgg: (aggregates.BIT_OR, ("this",)),
    exp.BitwiseXorAgg: (aggregates.BIT_XOR, ("this",)),
    exp.ArrayAgg: (aggregates.ARRAY_AGG, ("this",)),
    exp.JSONArrayAgg: (aggregates.JSON_AGG, ("this",)),
    exp.JSONObjectAgg: (aggregates.JSON_OBJECT_AGG, ("expressions",)),
    exp.JSONBObjectAgg: (aggregates.JSONB_OBJECT_AGG, _PAIR),
    exp.Median: (aggregates.MEDIAN, ("this",)),
    exp.Corr: (aggregates.CORR, _PAIR),
    exp.CovarPop: (aggregates.COVAR_POP, _PAIR),
    exp.CovarSamp: (aggregates.COVAR_SAMP, _PAIR),
    exp.RegrSlope: (aggregates.REGR_SLOPE, _PAIR),
    exp.RegrIntercept: (aggregates.REGR_INTERCEPT, _PAIR),
    exp.RegrR2: (aggregates.REGR_R2, _PAIR),
    exp.RegrAvgx: (aggregates.REGR_AVGX, _PAIR),
    exp.RegrAvgy: (aggregates.REGR_AVGY, _PAIR),
    exp.RegrSxx: (aggregates.REGR_SXX, _PAIR),
    exp.RegrSyy: (aggregates.REGR_SYY, _PAIR),
    exp.RegrSxy: (aggregates.REGR_SXY, _PAIR),
    exp.RegrCount: (aggregates.REGR_COUNT, _PAIR),
}
# What sqlglot reads as plain calls; other dialects' names among them.
ANONYMOUS_AGGREGATES: dict[str, Function] = {
    "every": aggregates.BOOL_AND,
    "jsonb_agg": aggregates.JSONB_AGG,
    "json_arrayagg": aggregates.JSON_AGG,
    "total": aggregates.TOTAL,
    "stdevp": aggregates.STDDEV_POP,
    "var": aggregates.VAR_SAMP,
    "varp": aggregates.VAR_POP,
}
WITHIN_GROUP: dict[type[exp.Expr], Function] = {
    exp.PercentileCont: aggregates.PERCENTILE_CONT,
    exp.PercentileDisc: aggregates.PERCENTILE_DISC,
    exp.Mode: aggregates.MODE,
}

_HIDDEN = frozenset(
    {"TRUNC_TO", "ROUND_TO", "DIV_INT", "EXTRACT_FRACTION", "EXTRACT", "CONCAT_OP"}
    | {"TO_CHAR_NUMBER", "NUMBER_AS", "TO_NUMBER", "ENCODE_HEX", "ENCODE_BASE64", "ENCODE_ESCAPE"}
    | {"DECODE_HEX", "DECODE_BASE64", "DECODE_ESCAPE", "CONVERT_FROM", "CONVERT_TO"}
    | {"STR_TO_TIME", "DATE_DIFF", "TIMESTAMP_DIFF", "TIMEZONE"}
    | {"JSONB", "JSONB_COMPARABLE", "JSONB_CONTAINS", "JSONB_DELETE_AT", "JSONB_DELETE_KEYS"}
    | {"JSON_ENTRIES", "JSON_ENTRIES_TEXT", "JSON_ELEMENTS_TEXT", "ARRAY_SERIES"}
    | {"FLATTEN", "THRESHOLDS_REACHED", "TRIM_BYTES", "POSITION_OF_BYTES", "OVERLAY_BYTES"}
    | set(regex.__dict__)
)
ANONYMOUS: dict[str, Function] = {
    name.lower(): fn
    for name, fn in ALL.items()
    if not fn.symbol and fn.role is Role.SCALAR and name not in _HIDDEN
} | {
    "substr": text.SUBSTRING,
    "mid": text.SUBSTRING,
    "ord": text.ASCII,
    "replicate": text.REPEAT,
    "power": math.POWER,
    "ceiling": math.CEIL,
}

DATE_PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "year",
    exp.Month: "month",
    exp.Day: "day",
    exp.DayOfMonth: "day",
    exp.DayOfYear: "doy",
    exp.Quarter: "quarter",
    exp.Hour: "hour",
    exp.Minute: "minute",
    exp.Week: "week",
}


def known_names() -> list[str]:
    """Names for near-miss hints."""
    return sorted(n.lower() for n, fn in ALL.items() if not fn.symbol and n not in _HIDDEN)
