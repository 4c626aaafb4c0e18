"""How a macro raises an error of PostgreSQL's: the cast of a text that can never be a number.

Unlike `error()` such an expression is not volatile, so the optimizer may still move it and TRY may
catch it. `errors.py` reads the mark `sqlshim:<SQLSTATE>:<message>` back out of DuckDB's message; a
text that PostgreSQL would refuse and DuckDB would take is made unreadable by a leading `REFUSED`.
"""

from __future__ import annotations

REFUSED = "\x01"
QUOTE = "\x02"  # stands for a quote in a message, which `errors` reads up to one
REFUSED_SQL = "chr(1)"


def raised(sqlstate: str, message: str, gives: str = "INTEGER") -> str:
    """SQL that raises the error where it is reached, of the DuckDB type `gives`."""
    failing = f"CAST('sqlshim:{sqlstate}:{message}' AS INTEGER)"
    if gives == "BLOB":
        return f"encode(CAST({failing} AS VARCHAR))"
    return failing if gives == "INTEGER" else f"CAST({failing} AS {gives})"
