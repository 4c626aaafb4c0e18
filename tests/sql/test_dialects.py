"""Names of dialects, and that aliases are one dialect everywhere."""

from __future__ import annotations

import pytest

import sqlshim
from sqlshim.sql.dialects import canonical


@pytest.mark.parametrize(
    ("alias", "name"),
    [("PostgreSQL", "postgres"), ("mssql", "tsql"), ("mariadb", "mysql"), ("Oracle", "oracle")],
)
def test_an_alias_is_sqlglots_name(alias: str, name: str) -> None:
    assert canonical(alias) == name
    with sqlshim.connect("memory://", dialect=alias) as connection:
        assert connection.dialect == name


def test_an_unknown_dialect_names_the_nearest() -> None:
    with pytest.raises(sqlshim.InterfaceError, match="oracle"):
        canonical("orcale")


def test_one_text_has_other_quotes_in_another_dialect() -> None:
    with sqlshim.connect("memory://", dialect="mysql") as connection:
        cursor = connection.cursor()
        sql = r"SELECT 'a\' ?', 'b'"
        assert cursor.execute(sql).fetchall() == [("a' ?", "b")]
        connection.dialect = "sqlite"
        with pytest.raises(sqlshim.ProgrammingError):
            cursor.execute(sql)
