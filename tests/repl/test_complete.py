from __future__ import annotations

from collections.abc import Sequence

import pytest

from sqlshim.repl.complete import SessionNames, complete
from sqlshim.repl.script import run_text
from sqlshim.repl.session import Session


class Shop:
    def tables(self) -> Sequence[str]:
        return ["people", "orders", "Order Lines", "shop.items"]

    def columns(self, table: str) -> Sequence[str]:
        return {
            "people": ["id", "name", "cityName"],
            "orders": ["id", "person", "order"],
            "shop.items": ["sku"],
        }.get(table, [])


# `|` is the cursor; the candidates listed must come first
CASES = {
    "a statement begins with a verb": ("sel|", ["select"]),
    "in the case that is typed": ("SEL|", ["SELECT"]),
    "after a semicolon too": ("SELECT 1; ins|", ["insert"]),
    "FROM wants a table": ("SELECT * FROM p|", ["people"]),
    "a table with blanks is quoted": ("SELECT * FROM Order|", ["orders", '"Order Lines"']),
    "JOIN wants a table": ("SELECT * FROM people p JOIN o|", ["orders"]),
    "a comma in FROM wants one": ("SELECT * FROM people p, o|", ["orders"]),
    "UPDATE wants a table": ("UPDATE pe|", ["people"]),
    "INSERT INTO wants one": ("INSERT INTO pe|", ["people"]),
    "a store's tables by their store": ("SELECT * FROM shop.|", ["shop.items"]),
    "columns of the table to come": ("SELECT na| FROM people", ["name"]),
    "whatever their case": ("SELECT cityn| FROM people", ["cityName"]),
    "columns in WHERE": ("SELECT * FROM people WHERE na|", ["name"]),
    "columns behind an alias": ("SELECT p.| FROM people p", ["id", "name", "cityName"]),
    "behind AS": ("SELECT x.n| FROM people AS x", ["name"]),
    "behind the table's name": ("SELECT people.n| FROM people", ["name"]),
    "of the alias only": ("SELECT o.p| FROM people p JOIN orders o ON TRUE", ["person"]),
    "a reserved name is quoted": ('SELECT o.o| FROM orders o', ['"order"']),
    "a store's table by its last name": ("SELECT items.| FROM shop.items", ["sku"]),
    "functions": ("SELECT coal| FROM people", ["coalesce"]),
    "keywords": ("SELECT * FROM people whe|", ["when", "where"]),
    "the other statement is not read": ("SELECT na|; SELECT * FROM people", ["natural"]),
    "nothing in a text": ("SELECT 'na|", []),
    "nothing in a comment": ("SELECT 1 -- na|", []),
    "commands": (".des|", [".describe"]),
    "commands of psql": ("\\d|", ["\\dt", "\\d"]),
    "a command's table": (".describe pe|", ["people"]),
    "a command's choice": (".pushdown a|", ["auto", "always"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "first"), CASES.values(), ids=CASES.keys())
def test_completion_knows_what_may_come(text: str, first: list[str]) -> None:
    before, after = text.split("|")
    found = [candidate.text for candidate in complete(before, Shop(), after)]
    assert (found[: len(first)] if first else found) == first


def test_mysql_quotes_with_backticks() -> None:
    found = complete("SELECT * FROM Order", Shop(), dialect="mysql")
    assert [candidate.text for candidate in found] == ["orders", "`Order Lines`"]


def test_a_candidate_replaces_what_is_typed_of_it() -> None:
    assert [c.typed for c in complete("SELECT p.na", Shop(), " FROM people p")] == [2]


def test_names_are_asked_for_again_after_a_change(session: Session) -> None:
    names = SessionNames(session)
    assert names.tables() == ["Order Lines", "people"]
    run_text(session, "DROP TABLE people")
    assert names.tables() == ["Order Lines"]


def test_a_store_that_cannot_answer_gives_no_names(session: Session) -> None:
    assert SessionNames(session).columns("people") == ["id", "name", "city"]
    assert SessionNames(session).tables() == ["Order Lines", "people"]
