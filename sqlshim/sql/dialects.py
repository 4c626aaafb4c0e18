"""The dialects a statement may be read in: their names, and forms that they mean differently.

`canonical` is what a connection keeps, so that an alias means the same everywhere; `dialect_named`
gives sqlglot's reader to the engine; `traits_of` tells the binder what a tree does not say: a LIKE,
a `+` or a `''` looks alike in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

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

_OF_FAMILY = {
    "redshift": "postgres",
    "materialize": "postgres",
    "risingwave": "postgres",
    "fabric": "tsql",
    "starrocks": "mysql",
    "doris": "mysql",
    "singlestore": "mysql",
    "spark2": "spark",
    "databricks": "spark",
    "hive": "spark",
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What a dialect means by forms that every dialect has."""

    like_escape: str = ""  # the character that escapes in LIKE where no ESCAPE says so
    like_folds_case: bool = False
    like_classes: bool = False  # LIKE '[a-z]%'
    plus_joins_text: bool = False
    empty_is_null: bool = False  # '' is NULL, and || takes NULL for ''
    has_dual: bool = False  # FROM DUAL is one row without columns
    has_rownum: bool = False  # WHERE ROWNUM <= n keeps the first n rows
    booleans_are_numbers: bool = False  # SUM(a > b), TRUE + 1, WHERE 1
    zero_divides_to_null: bool = False  # a % 0 and a DIV 0, as a / 0
    casts_truncate: bool = False  # CAST(3.7 AS INT) is 3
    halves_go_away: bool = False  # 2.5 rounds to 3 in double precision, too
    regex_folds_case: bool = False
    whole_average: bool = False  # AVG of integers is an integer
    steps_keep_dates: bool = False  # a date and a number of days, months or years is a date
    bytes_in_length: bool = False  # LENGTH counts bytes
    having_sees_aliases: bool = False  # HAVING may name what the select list names


_TRAITS = {
    "postgres": Traits(like_escape="\\"),
    "mysql": Traits(
        like_escape="\\",
        like_folds_case=True,
        has_dual=True,
        booleans_are_numbers=True,
        zero_divides_to_null=True,
        regex_folds_case=True,
        steps_keep_dates=True,
        bytes_in_length=True,
        having_sees_aliases=True,
    ),
    "sqlite": Traits(
        like_folds_case=True,
        booleans_are_numbers=True,
        zero_divides_to_null=True,
        casts_truncate=True,
        halves_go_away=True,
        having_sees_aliases=True,
    ),
    "tsql": Traits(
        like_classes=True,
        plus_joins_text=True,
        casts_truncate=True,
        halves_go_away=True,
        whole_average=True,
        steps_keep_dates=True,
    ),
    "oracle": Traits(empty_is_null=True, has_dual=True, has_rownum=True, halves_go_away=True),
    "bigquery": Traits(
        like_escape="\\",
        halves_go_away=True,
        steps_keep_dates=True,
        having_sees_aliases=True,
    ),
    "snowflake": Traits(halves_go_away=True, steps_keep_dates=True, having_sees_aliases=True),
    "spark": Traits(
        like_escape="\\", casts_truncate=True, halves_go_away=True, steps_keep_dates=True
    ),
    "clickhouse": Traits(like_escape="\\", casts_truncate=True, steps_keep_dates=True),
    "duckdb": Traits(halves_go_away=True, having_sees_aliases=True),
}
_OTHER = Traits()


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


def traits_of(name: str) -> Traits:
    """By a dialect's canonical name."""
    return _TRAITS.get(family_of(name), _OTHER)


def family_of(name: str) -> str:
    """The dialect whose forms one means, by canonical names: Redshift's are PostgreSQL's."""
    return _OF_FAMILY.get(name, name)
