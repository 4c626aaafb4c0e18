"""Templates of functions and operators: kind -> (template, a letter of a kind for each slot)."""

from __future__ import annotations

from decimal import Decimal

Templates = dict[str, tuple[tuple[str, str], ...]]

FUNCTIONS: Templates = {
    "I": (
        ("{} + {}", "II"), ("{} - {}", "II"), ("{} * {}", "II"), ("ABS({})", "I"),
        ("LENGTH({})", "T"), ("POSITION({} IN {})", "TT"), ("OCTET_LENGTH({})", "T"),
        ("({} - {})", "AA"), ("CAST({} AS INTEGER)", "L"), ("MOD({}, 3)", "I"), ("{} / 2", "I"),
        ("CAST({} AS INTEGER)", "N"), ("ASCII({})", "T"), ("- {}", "I"), ("CARDINALITY({})", "i"),
        ("ARRAY_LENGTH({}, 1)", "t"), ("ARRAY_POSITION({}, {})", "tT"), ("({})[1]", "i"),
        ("({})[{}]", "iI"), ("CAST(SIGN({}) AS INTEGER)", "I"), ("REGEXP_COUNT({}, '[a-c]')", "T"),
        ("BIT_LENGTH({})", "T"), ("NUM_NULLS({}, {}, {})", "ITD"), ("NUM_NONNULLS({}, {})", "SA"),
        ("({} & {})", "II"), ("({} | {})", "II"), ("({} # {})", "II"), ("~ {}", "I"),
        ("({} << 2)", "I"), ("({} >> 1)", "I"), ("GCD({}, {})", "II"), ("LCM({}, 6)", "I"),
        ("STRPOS({}, {})", "TT"), ("REGEXP_INSTR({}, 'b')", "T"), ("CARDINALITY({})", "t"),
        ("WIDTH_BUCKET({}, -1, 3, 4)", "D"), ("SCALE({})", "N"), ("LEVENSHTEIN({}, {})", "TT"),
        ("ARRAY_POSITION({}, {})", "iI"), ("CAST(EXTRACT(day FROM {} - {}) AS INTEGER)", "SS"),
        ("CAST(EXTRACT(hour FROM {}) AS INTEGER)", "M"), ("CHAR_LENGTH({})", "T"),
        ("CAST(DATE_PART('month', {}) AS INTEGER)", "Z"),
        ("CAST(EXTRACT(hour FROM {} AT TIME ZONE 'Europe/Berlin') AS INTEGER)", "Z"),
        ("COALESCE({}, 0) + {}", "II"),
    ),
    "B": (
        ("{} + {}", "BI"), ("{} - {}", "BB"), ("CAST({} AS BIGINT)", "I"), ("ABS({})", "B"),
        ("{} / 3", "B"), ("MOD({}, 5)", "B"), ("{} * 2", "B"), ("({} & {})", "BB"),
        ("({} | {})", "BI"), ("({} # 5)", "B"), ("- {}", "B"), ("GCD({}, 12)", "B"),
        ("{} % 7", "B"), ("CAST(EXTRACT(doy FROM {}) AS BIGINT)", "Z"),
        ("CAST(FLOOR(EXTRACT(epoch FROM {})) AS BIGINT)", "S"),
        ("BIT_COUNT(CONVERT_TO({}, 'UTF8'))", "T"),
    ),
    "D": (
        ("{} + {}", "DD"), ("{} - {}", "DI"), ("{} * {}", "DD"), ("ABS({})", "D"),
        ("FLOOR({})", "D"), ("CEIL({})", "D"), ("ROUND({})", "D"), ("TRUNC({})", "D"),
        ("CAST({} AS DOUBLE PRECISION)", "I"), ("CAST({} AS DOUBLE PRECISION)", "N"),
        ("SQRT(ABS({}))", "D"), ("- {}", "D"), ("{} / 2", "D"), ("CBRT({})", "D"),
        ("POWER({}, 2)", "D"), ("LN(ABS({}) + 1)", "D"), ("EXP(LEAST({}, 3))", "I"),
        ("ATAN({})", "D"), ("DEGREES({})", "D"), ("SIN({})", "I"), ("LOG(10, ABS({}) + 1)", "I"),
        ("EXTRACT(epoch FROM {})", "A"), ("EXTRACT(second FROM {})", "S"),
        ("EXTRACT(epoch FROM {} - {})", "SS"), ("SIGN({})", "D"), ("{} * {}", "DI"),
        ("EXTRACT(epoch FROM {})", "Z"), ("EXTRACT(second FROM {})", "M"), ("TANH({})", "D"),
        ("{} / 4.0", "I"), ("RADIANS({})", "I"), ("ROUND({} / 3, 2)", "N"),
        ("CAST({} AS REAL)", "I"),
    ),
    "N": (
        ("{} + {}", "NN"), ("{} - {}", "NI"), ("{} * {}", "NN"), ("ABS({})", "N"),
        ("ROUND({}, 1)", "N"), ("FLOOR({})", "N"), ("CAST({} AS DECIMAL(10, 2))", "I"),
        ("TRUNC({})", "N"), ("TRUNC({}, 1)", "N"), ("CEIL({})", "N"), ("MOD({}, 3)", "N"),
        ("- {}", "N"), ("{} * 0.5", "N"), ("CAST({} AS DECIMAL(12, 1))", "N"),
        ("ROUND({}, -1)", "N"), ("{} + 0.125", "N"), ("CAST({} AS NUMERIC)", "I"),
    ),
    "T": (
        ("{} || {}", "TT"), ("UPPER({})", "T"), ("LOWER({})", "T"), ("SUBSTRING({}, 1, 2)", "T"),
        ("SUBSTRING({}, {})", "TI"), ("TRIM({})", "T"), ("REPLACE({}, {}, 'x')", "TT"),
        ("LEFT({}, 1)", "T"), ("RIGHT({}, 1)", "T"), ("REVERSE({})", "T"),
        ("LPAD({}, 3, '*')", "T"), ("RPAD({}, 3, '.')", "T"), ("CAST({} AS TEXT)", "I"),
        ("CAST({} AS TEXT)", "N"), ("CAST({} AS TEXT)", "D"), ("CAST({} AS TEXT)", "L"),
        ("CAST({} AS TEXT)", "A"), ("CAST({} AS TEXT)", "S"), ("REPEAT({}, 2)", "T"),
        ("SPLIT_PART({}, 'a', 1)", "T"), ("LTRIM({})", "T"), ("TRANSLATE({}, 'a%', 'b')", "T"),
        ("({})[1]", "t"), ("ARRAY_TO_STRING({}, ',')", "t"), ("ARRAY_TO_STRING({}, '-', '?')", "i"),
        ("REGEXP_REPLACE({}, '[ab]', 'x', 'g')", "T"), ("REGEXP_SUBSTR({}, 'a.?')", "T"),
        ("INITCAP({})", "T"), ("CONCAT({}, '-', {})", "TI"), ("CONCAT_WS('+', {}, {})", "TT"),
        ("TO_CHAR({}, 'YYYY-MM-DD HH24:MI:SS')", "S"), ("OVERLAY({} PLACING 'x' FROM 2)", "T"),
        ("BTRIM({}, 'a ')", "T"), ("CAST({} AS VARCHAR)", "B"), ("LEFT({}, -1)", "T"),
        ("RIGHT({}, -1)", "T"), ("LEFT({}, MOD({}, 4))", "TI"), ("MD5({})", "T"),
        ("SUBSTRING({} FROM 2 FOR 1)", "T"), ("SUBSTRING({} FROM '[ab].?')", "T"),
        ("TRIM(LEADING 'a' FROM {})", "T"), ("TRIM(TRAILING 'b ' FROM {})", "T"),
        ("SPLIT_PART({}, {}, -1)", "TT"), ("REGEXP_REPLACE({}, '(a)(b)?', '[\\1|\\2]')", "T"),
        ("CAST({} AS VARCHAR(2))", "T"), ("QUOTE_LITERAL({})", "T"), ("QUOTE_IDENT({})", "T"),
        ("CHR(65 + MOD(ABS(MOD({}, 26)), 26))", "I"), ("TO_HEX({})", "I"),
        ("TO_CHAR({}, 'FM999999990.00')", "N"), ("TO_CHAR({}, 'FMDay, FMDD FMMonth YYYY')", "A"),
        ("TO_CHAR({}, 'Dy DD Mon YY Q')", "S"), ("ENCODE(CONVERT_TO({}, 'UTF8'), 'hex')", "T"),
        ("ENCODE(CONVERT_TO({}, 'UTF8'), 'base64')", "T"), ("FORMAT('%s<%s>', {}, {})", "TI"),
        ("CAST({} AS TEXT)", "Z"), ("CAST({} AS TEXT)", "M"), ("CAST({} AS TEXT)", "U"),
        ("CAST({} AS TEXT)", "t"), ("CAST({} AS TEXT)", "i"), ("LPAD({}, {} % 5, 'xy')", "TI"),
        ("CONCAT({}, {}, {})", "LAN"), ("TO_CHAR({}, 'HH12:MI AM')", "S"), ("{} || {}", "TI"),
        ("TRANSLATE({}, 'é本a', 'E')", "T"), ("STRING_TO_ARRAY({}, NULL)[2]", "T"),
        ("CAST(TO_JSON({}) AS TEXT)", "T"), ("JSONB_BUILD_OBJECT('a', {}) ->> 'a'", "T"),
        ("CAST(JSONB_BUILD_OBJECT('k', {}, 'n', {}) AS TEXT)", "TI"),
        ("CAST(JSONB_BUILD_ARRAY({}, {}) AS TEXT)", "LT"),
        ("ARRAY_TO_STRING(({})[2:], '+')", "t"), ("REPEAT({}, {} % 3)", "TI"),
        ("REGEXP_SUBSTR({}, '[ab]', 1, 2)", "T"), ("CAST(CAST({} AS DATE) AS TEXT)", "S"),
    ),
    "A": (
        ("CAST({} AS DATE)", "S"), ("{} + 1", "A"), ("{} - 30", "A"), ("LAST_DAY({})", "A"),
        ("CAST(DATE_TRUNC('month', {}) AS DATE)", "A"), ("CAST({} AS DATE)", "Z"),
        ("CAST(DATE_TRUNC('week', {}) AS DATE)", "A"), ("{} + MOD({}, 100)", "AI"),
        ("CAST({} + INTERVAL '1 month' AS DATE)", "A"),
        ("MAKE_DATE(2024, 1 + ABS(MOD({}, 12)), 28)", "I"),
        ("CAST({} - INTERVAL '1 year' AS DATE)", "A"), ("DATE({})", "S"),
    ),
    "S": (
        ("CAST({} AS TIMESTAMP)", "A"), ("DATE_TRUNC('month', {})", "S"),
        ("DATE_TRUNC('day', {})", "S"), ("{} + INTERVAL '1' DAY", "S"),
        ("{} + INTERVAL '1' MONTH", "S"), ("{} - INTERVAL '90' MINUTE", "S"),
        ("DATE_TRUNC('week', {})", "S"), ("DATE_TRUNC('quarter', {})", "S"),
        ("DATE_TRUNC('hour', {})", "S"), ("DATE_TRUNC('year', {})", "S"),
        ("{} + INTERVAL '1 month'", "A"), ("{} - INTERVAL '1 year 2 days'", "S"),
        ("{} + INTERVAL '36 hours'", "A"), ("{} AT TIME ZONE 'Europe/Berlin'", "Z"),
        ("{} AT TIME ZONE 'America/New_York'", "Z"), ("{} AT TIME ZONE 'UTC'", "Z"),
        ("DATE_BIN(INTERVAL '15 minutes', {}, TIMESTAMP '2000-01-01')", "S"), ("{} + {}", "AM"),
        ("{} + INTERVAL '1 month -1 day'", "S"), ("DATE_TRUNC('minute', {})", "S"),
        ("{} + MOD({}, 40) * INTERVAL '1 day'", "SI"), ("DATE_TRUNC('decade', {})", "S"),
        ("{} - INTERVAL '3' MONTH", "A"), ("DATE_TRUNC('second', {})", "S"),
        ("{} + ({} - {})", "SSS"), ("CAST(CAST({} AS TEXT) AS TIMESTAMP)", "S"),
        ("{} + INTERVAL '1.5 hours'", "S"), ("CAST({} AS DATE) + INTERVAL '1 day'", "S"),
    ),
    "Z": (
        ("CAST({} AS TIMESTAMPTZ)", "S"), ("{} + INTERVAL '1 hour'", "Z"),
        ("{} - INTERVAL '1 month'", "Z"), ("DATE_TRUNC('day', {})", "Z"),
        ("{} AT TIME ZONE 'Europe/Berlin'", "S"), ("{} AT TIME ZONE 'Asia/Tokyo'", "S"),
        ("DATE_TRUNC('month', {}, 'Asia/Tokyo')", "Z"), ("CAST({} AS TIMESTAMPTZ)", "A"),
        ("TO_TIMESTAMP({})", "I"), ("DATE_TRUNC('hour', {})", "Z"),
    ),
    "M": (
        ("CAST({} AS TIME)", "S"), ("{} + INTERVAL '90 minutes'", "M"),
        ("{} - INTERVAL '1 hour'", "M"), ("MAKE_TIME(ABS(MOD({}, 24)), 30, 15.5)", "I"),
    ),
    "U": (("CAST(MD5({}) AS UUID)", "T"),),
    "i": (("ARRAY[{}, {}]", "II"), ("{} || {}", "ii"), ("ARRAY_APPEND({}, {})", "iI"),
          ("ARRAY_REMOVE({}, {})", "iI"), ("({})[1:2]", "i"), ("ARRAY_PREPEND({}, {})", "Ii"),
          ("({})[2:]", "i"), ("({})[:1]", "i"), ("{} || {}", "iI"), ("({})[{}:2]", "iI"),
          ("ARRAY_POSITIONS({}, {})", "iI"), ("ARRAY_FILL({}, ARRAY[2])", "I"),
          ("ARRAY_REPLACE({}, 1, {})", "iI")),
    "t": (("ARRAY[{}]", "T"), ("{} || {}", "tt"), ("ARRAY_CAT({}, {})", "tt"),
          ("ARRAY_REPLACE({}, {}, 'x')", "tT"), ("STRING_TO_ARRAY({}, 'a')", "T"),
          ("({})[2:3]", "t"), ("STRING_TO_ARRAY({}, ',', 'a')", "T"), ("{} || {}", "Tt"),
          ("REGEXP_SPLIT_TO_ARRAY({}, '[ab]')", "T"), ("REGEXP_MATCH({}, '(a)(.?)')", "T")),
}  # fmt: skip
# May raise a DataError.
RISKY: Templates = {
    "I": (("{} / {}", "II"), ("CAST({} AS INTEGER)", "T"), ("CAST({} AS INTEGER)", "B"),
          ("MOD({}, {})", "II"), ("CAST({} AS INTEGER)", "D"), ("CAST({} AS SMALLINT)", "I")),
    "B": (("{} * {}", "BB"), ("CAST({} AS BIGINT)", "D"), ("{} / {}", "BB")),
    "D": (("{} / {}", "DD"), ("CAST({} AS DOUBLE PRECISION)", "T"), ("SQRT({})", "D"),
          ("LN({})", "D"), ("POWER({}, {})", "DD")),
    "N": (("CAST({} AS DECIMAL(10, 2))", "T"), ("CAST({} AS DECIMAL(10, 2))", "D"),
          ("MOD({}, {})", "NN"), ("CAST({} AS DECIMAL(4, 2))", "N")),
    "A": (("CAST({} AS DATE)", "T"), ("{} + {}", "AI"), ("TO_DATE({}, 'YYYY-MM-DD')", "T")),
    "S": (("{} + {} * INTERVAL '1' DAY", "SI"), ("CAST({} AS TIMESTAMP)", "T")),
    "T": (("REPEAT({}, {} % 99)", "TI"),),
}  # fmt: skip
# Truth values that are no comparisons.
PREDICATES = (
    ("STARTS_WITH({}, {})", "TT"), ("REGEXP_LIKE({}, '^[ab]')", "T"), ("ISFINITE({})", "S"),
    ("({}, {}) OVERLAPS ({}, {})", "SSSS"), ("{} BETWEEN SYMMETRIC {} AND {}", "III"),
    ("CAST({} AS BOOLEAN)", "I"), ("{} = ANY (ARRAY[{}, {}])", "III"), ("{} ^@ {}", "TT"),
    ("{} <> ALL (ARRAY[{}, {}])", "TTT"), ("{} IS UNKNOWN", "L"), ("{} = (NOT {})", "LL"),
    ("{} - {} > INTERVAL '1 day'", "ZZ"), ("{} < {}", "AZ"), ("{} < {}", "SZ"),
    ("AGE({}, {}) > INTERVAL '1 month'", "SS"), ("{} > {}", "ii"), ("{} = {}", "tt"),
    ("COALESCE({}, FALSE)", "L"), ("{} LIKE {} || '%'", "TT"), ("{} IN ({}, {})", "III"),
    ("{} = {} + 1", "II"), ("EXTRACT(year FROM {}) = 2024", "S"), ("{} + 1 > {}", "AA"),
    ("CAST({} AS TEXT) = {}", "IT"), ("DATE_TRUNC('month', {}) = TIMESTAMP '2024-02-01'", "S"),
    ("{} IS DISTINCT FROM {}", "ZZ"), ("{} >= {}", "MM"), ("UPPER({}) = {}", "TT"),
    ("LENGTH({}) BETWEEN 1 AND {}", "TI"), ("({}) IS NOT DISTINCT FROM ({})", "LL"),
)  # fmt: skip
PARTS = ("year", "month", "day", "dow", "doy", "quarter", "week", "isodow", "isoyear", "decade",
         "century", "millennium")  # fmt: skip
TIMES = ("hour", "minute", "epoch", "second")
COMPARISONS = ("=", "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
ALIKE = {"I": "IIBDN", "B": "BBI", "D": "DDI", "N": "NNI", "A": "AAS", "S": "SSA"}
# A number beside a column of another kind of number takes the column's type, or does not fit it.
NUMBERS = (0, 1, Decimal("2.0"), Decimal("1.5"), Decimal("-0.5"), 3_000_000_000, Decimal("0.001"))
REGEXES = ("^a", "b$", "a.b", "[ab]+", "(a|b)b?", "\\.", "^$", ".", "[^a]", "\\d", "^\\W", "é")
SIMILAR = ("a%", "(a|b)%", "_", "[ab]*", "%1%")
OVERLAPS = ("@>", "<@", "&&")
PATTERNS = ("a%", "%a", "%a%", "_", "__", "%", "", "a\\%", "a\\_%", "%.%", "[a]", "$%", "%\\\\",
            "^%", "_b%", "é", "%本", "a_", "%''")  # fmt: skip
DOCUMENTS = ('{"a": 1}', '{"a": "x"}', '{"b": [1, 2]}', "{}", "[1]", '"a"', "null", '{"a": null}')
