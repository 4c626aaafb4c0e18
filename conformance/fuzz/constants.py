"""Constant expressions: what an application computes in SQL of the values that it passes.

They have a value that a column has, mostly, so that a key or an index may find rows by them; some
are NULL, some have an error where it is not reached, and a few one where it is.
"""

from __future__ import annotations

from random import Random

from conformance.fuzz.tree import Node, Part, Value
from conformance.fuzz.world import TYPES

# Of any kind, {} being the value.
_ANY = ("COALESCE(NULL, {})", "COALESCE({}, {})", "NULLIF({}, NULL)", "GREATEST({}, {})",
        "LEAST({}, NULL)", "(CASE WHEN 1 = 2 THEN NULL ELSE {} END)",
        "(CASE WHEN 1 + 1 = 2 THEN {} END)", "(CASE 'a' WHEN LOWER('A') THEN {} ELSE {} END)",
        "(CASE WHEN 1 = 1 OR 1 / 0 = 1 THEN {} END)",
        "(CASE WHEN {} IS NULL THEN NULL ELSE {} END)",
        "(CASE WHEN FALSE AND 1 / 0 = 1 THEN NULL ELSE {} END)")  # fmt: skip
_NULL = ("NULLIF({}, {})", "(CASE WHEN 1 = 2 THEN {} END)", "COALESCE(NULL, NULLIF({}, {}))")
# Of one kind, with the value that {} has or with one near it.
_OF_KIND: dict[str, tuple[str, ...]] = {
    "I": ("ABS({})", "({} + 1 - 1)", "(2 - 1 + {})", "(- (- {}))", "(CASE WHEN 1 = 2 THEN 1 / 0"
          " ELSE {} END)", "COALESCE({}, 1 / 0)", "CAST(CAST({} AS TEXT) AS INTEGER)", "MOD({}, 7)",
          "({} * 2 / 2)", "LENGTH(REPEAT('a', ABS({}) % 9))", "({} + 1)", "CAST({} AS BIGINT)"),
    "B": ("ABS({})", "({} + 1 - 1)", "CAST(CAST({} AS TEXT) AS BIGINT)", "({} - 1)",
          "(CASE WHEN 1 = 2 THEN 1 / 0 ELSE {} END)", "CAST({} AS NUMERIC)", "(0 + {})"),
    "D": ("ABS({})", "({} * 1)", "({} / 2 * 2)", "({} + 0.5)", "(CASE WHEN 0 = 1 THEN 1 / 0.0 ELSE"
          " {} END)", "SQRT({} * {})", "CAST(CAST({} AS TEXT) AS DOUBLE PRECISION)"),
    "N": ("ABS({})", "({} + 0)", "ROUND({}, 1)", "({} * 1.0)", "({} - 0.5 + 0.5)",
          "CAST(CAST({} AS TEXT) AS DECIMAL(10, 2))"),
    "T": ("({} || '')", "(LOWER('A') || {})", "LOWER({})", "UPPER({})", "REPLACE({}, 'q', 'x')",
          "TRIM({})", "LEFT({}, 1)", "CONCAT({}, '')", "SUBSTRING({} || 'x', 1, LENGTH({}))",
          "REVERSE(REVERSE({}))", "CAST(1 + 1 AS TEXT)", "({} || 'b')"),
    "A": ("({} + 3 - 3)", "({} - 3)", "(1 + {})", "CAST({} + INTERVAL '1 month' AS DATE)",
          "CAST(CAST({} AS TIMESTAMP) AS DATE)", "CAST(DATE_TRUNC('month', {}) AS DATE)",
          "CAST(CAST({} AS TEXT) AS DATE)"),
    "S": ("({} + INTERVAL '1 day' - INTERVAL '1 day')", "({} - INTERVAL '1 hour')",
          "DATE_TRUNC('day', {})", "CAST(CAST({} AS TEXT) AS TIMESTAMP)", "CAST({} AS DATE)",
          "({} - 2 * INTERVAL '12 hours')"),
    "Z": ("({} + INTERVAL '1 hour' - INTERVAL '60 minutes')", "({} - INTERVAL '1 month')",
          "DATE_TRUNC('day', {})", "({} AT TIME ZONE 'UTC' AT TIME ZONE 'UTC')"),
    "M": ("({} + INTERVAL '1 hour')", "CAST(CAST({} AS TEXT) AS TIME)"),
    "U": ("CAST(CAST({} AS TEXT) AS UUID)", "CAST(UPPER(CAST({} AS TEXT)) AS UUID)"),
    "i": ("({} || ARRAY[1])", "ARRAY_APPEND({}, 1)"),
    "t": ("({} || ARRAY['a'])", "ARRAY_REMOVE({}, 'q')"),
}  # fmt: skip
_ERRORS = {"I": ("({} / (1 - 1))", "MOD({}, 0)", "CAST('x' AS INTEGER)"), "B": ("({} / 0)",),
           "A": ("CAST('2024-02-30' AS DATE)",), "D": ("({} / 0)", "LN(-1)")}  # fmt: skip
# How many rows: a few, all (NULL), none.
_COUNTS = ("1 + {}", "ABS(- {})", "CAST('{}' AS BIGINT)", "'{}'::int", "COALESCE(NULL, {})",
           "(CASE WHEN 1 = 2 THEN 1 / 0 ELSE {} END)", "NULLIF({}, 0)", "GREATEST({}, 2)",
           "LENGTH('ab') * {}", "CAST({} + 1 AS BIGINT)", "MOD({}, 3)")  # fmt: skip


def computed(rnd: Random, kind: str, value: object) -> Node:
    """A constant expression of this kind, made of a value of it."""
    chance = rnd.random()
    templates: tuple[str, ...] = _OF_KIND.get(kind, _ANY)
    if chance < 0.07:
        templates = _NULL
    elif chance < 0.09:
        templates = _ERRORS.get(kind, _NULL)
    elif chance < 0.4:
        templates = _ANY
    template = rnd.choice(templates)
    kids = tuple(typed(rnd, kind, value) for _ in range(template.count("{}")))
    return Part(kind, template, kids)


def typed(rnd: Random, kind: str, value: object) -> Node:
    """A value with its type, in one spelling or another."""
    if isinstance(value, int | str) and kind in "IBN" and rnd.random() < 0.3:
        value = str(value)
    cast = rnd.choice(("CAST({{}} AS {})", "CAST({{}} AS {})", "{{}}::{}")).format(TYPES[kind])
    return Part(kind, cast, (Value("", value, rnd.random() < 0.3),))


def count(rnd: Random, number: int) -> Node:
    """How many rows, as an expression."""
    text, inside = rnd.choice(_COUNTS), rnd.random() < 0.4
    if inside and "'" not in text:
        return Part("", text, (Value("", number, True),))
    return Part("", text.replace("{}", str(number)))
