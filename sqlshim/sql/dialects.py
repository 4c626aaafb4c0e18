"""The names of the dialects a statement may be read in. `canonical` is what a connection keeps, so
that an alias means the same everywhere; `dialect_named` gives sqlglot's reader to the engine."""

from __future__ import annotations

from sqlglot.dialects.dialect import Dialect

from sqlshim.errors import InterfaceError, nearest

_ALIASES = {
    "": "postgres",
    "postgresql": "postgres",
    "pg": "postgres",
    "sqlite3": "sqlite",
    "mssql": "tsql",
    "sqlserver": "tsql",
    "t-sql": "tsql",
    "mariadb": "mysql",
    "sparksql": "spark",
}


def canonical(name: str) -> str:
    """sqlglot's name of a dialect. InterfaceError with the nearest name if there is none."""
    dialect = _ALIASES.get(name.lower(), name.lower())
    if dialect not in Dialect.classes and Dialect.get(dialect) is None:
        known = sorted(n for n in Dialect.classes if n)
        near = nearest(name, known)
        raise InterfaceError(
            f"unknown dialect {name!r}",
            hint=f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}.",
        )
    return dialect


def dialect_named(name: str) -> Dialect:
    """sqlglot's dialect of this name or alias. InterfaceError."""
    dialect = Dialect.get_or_raise(canonical(name))
    dialect.INDEX_OFFSET = 0  # subscripts as written: sqlglot moves only those it knows a type of
    return dialect
