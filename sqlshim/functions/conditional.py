"""Conditional functions. CASE is a node of its own (`ir.Case`)."""

from __future__ import annotations

from sqlshim.functions.model import ANY, SAME, NullResult, own_nulls, sig, united
from sqlshim.types import INTEGER

COALESCE = own_nulls(
    "COALESCE",
    "the first argument that is not NULL",
    NullResult.ALL,
    sig(SAME, gives=united, variadic=True),
)
NULLIF = own_nulls(
    "NULLIF",
    "NULL if a = b, else a",
    NullResult.ALWAYS,
    sig(SAME, SAME, gives=lambda args: args[0]),
)
GREATEST = own_nulls(
    "GREATEST",
    "the largest argument; NULLs are ignored (PostgreSQL)",
    NullResult.ALL,
    sig(SAME, gives=united, variadic=True),
)
LEAST = own_nulls(
    "LEAST",
    "the smallest argument; NULLs are ignored (PostgreSQL)",
    NullResult.ALL,
    sig(SAME, gives=united, variadic=True),
)
NUM_NULLS = own_nulls(
    "NUM_NULLS",
    "how many arguments are NULL",
    NullResult.NEVER,
    sig(ANY, gives=INTEGER, variadic=True),
)
NUM_NONNULLS = own_nulls(
    "NUM_NONNULLS",
    "how many arguments are not NULL",
    NullResult.NEVER,
    sig(ANY, gives=INTEGER, variadic=True),
)
