"""`make demo`: the bundled shop in the embedded store.

In a terminal it opens the REPL on a copy of the sample data; without one it runs a short tour of
statements and prints each with its result, and for some the plan. Uses only what a user has:
`sqlshim.connect`, cursors and the REPL.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import sqlshim
from sqlshim.repl.app import run_repl
from sqlshim.repl.render import Look, table


@dataclass(frozen=True)
class Stop:
    """One stop of the tour: what it shows, and the statement."""

    about: str
    sql: str
    params: tuple[object, ...] = ()


TOUR = (
    Stop(
        "CSV files are tables; an empty cell is NULL",
        "SELECT * FROM customers ORDER BY id LIMIT 5",
    ),
    Stop(
        "a filter, a parameter, and NULLs where PostgreSQL puts them: last",
        "SELECT name, city, born\nFROM customers\nWHERE born < ? OR born IS NULL\nORDER BY born",
        (date(1985, 1, 1),),
    ),
    Stop(
        "revenue by category: a join, an aggregate, a HAVING",
        "SELECT p.category, count(*) AS orders,\n"
        "       round(sum(p.price * o.quantity * (1 - coalesce(o.discount, 0))), 2) AS revenue\n"
        "FROM orders o JOIN products p ON p.id = o.product_id\n"
        "GROUP BY p.category\nHAVING count(*) > 2\nORDER BY revenue DESC",
    ),
    Stop(
        "customers without an order: a left join and IS NULL",
        "SELECT c.name, c.country\n"
        "FROM customers c LEFT JOIN orders o ON o.customer_id = c.id\n"
        "WHERE o.id IS NULL\nORDER BY c.name",
    ),
    Stop(
        "orders by quarter, and how long shipping took",
        "SELECT date_trunc('quarter', ordered_on) AS quarter, count(*) AS orders,\n"
        "       count(shipped_on) AS shipped, max(shipped_on - ordered_on) AS slowest_days\n"
        "FROM orders\nGROUP BY 1\nORDER BY 1",
    ),
    Stop(
        "a common table expression, CASE and LIKE",
        "WITH spent AS (\n"
        "  SELECT o.customer_id AS id, sum(p.price * o.quantity) AS total\n"
        "  FROM orders o JOIN products p ON p.id = o.product_id GROUP BY o.customer_id\n"
        ")\n"
        "SELECT c.name, CASE WHEN s.total >= 500 THEN 'gold' ELSE 'silver' END AS tier\n"
        "FROM spent s JOIN customers c ON c.id = s.id\n"
        "WHERE c.email LIKE '%@example.org'\nORDER BY s.total DESC\nLIMIT 4",
    ),
    Stop(
        "what runs where, and why",
        "EXPLAIN SELECT city, count(*) FROM customers WHERE country <> 'Norway' GROUP BY city",
    ),
)

_MISTAKE = "SELECT nmae FROM customers"


def main() -> int:
    """The REPL in a terminal, else the tour."""
    with sample_copy() as directory:
        uri = directory.as_uri()
        if sys.stdin.isatty() and sys.stdout.isatty():
            print("Tables: customers, orders, products. Try: SELECT * FROM orders LIMIT 5;")
            return run_repl(uri)
        return take_tour(uri)


@contextmanager
def sample_copy() -> Iterator[Path]:
    """The sample in a directory of its own: writes to `file://` tables are kept in their files."""
    with tempfile.TemporaryDirectory(prefix="sqlshim-demo-") as scratch:
        target = Path(scratch) / "shop"
        target.mkdir()
        with resources.as_file(resources.files("sqlshim") / "sample") as bundled:
            for file in bundled.glob("*.csv"):
                shutil.copy(file, target)
        yield target


def take_tour(uri: str) -> int:
    """Run every stop and print it; 0 when all went well."""
    with sqlshim.connect(uri) as connection:
        cursor = connection.cursor()
        for number, stop in enumerate(TOUR, 1):
            print(f"\n--- {number}. {stop.about}\n\n{stop.sql};")
            if stop.params:
                print(f"-- with {', '.join(map(str, stop.params))}")
            cursor.execute(stop.sql, stop.params)
            print()
            _print_result(cursor, as_text=stop.sql.startswith("EXPLAIN"))
        print(f"\n--- {len(TOUR) + 1}. a mistake\n\n{_MISTAKE};\n")
        try:
            cursor.execute(_MISTAKE)
        except sqlshim.ProgrammingError as error:
            print(f"{type(error).__name__} ({error.sqlstate}): {error}")
    print("\nIn a terminal, `make demo` opens a prompt on this data.")
    return 0


def _print_result(cursor: Any, as_text: bool) -> None:
    rows = cursor.fetchall()
    if as_text:
        print("\n".join(str(row[0]) for row in rows))
        return
    names = [column[0] for column in cursor.description]
    for piece in table(names, [rows], Look()):
        print(piece, end="")


if __name__ == "__main__":
    sys.exit(main())
