"""The pages of docs: Python examples run, SQL examples answer what is shown, tables are whole.

In a page a ```sql block runs in one connection, statement by statement; a ```text block right
after it is what the last statement answers. `pytest --accept` writes it.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import sqlshim
from sqlshim import errors
from sqlshim.repl import render

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "quickstart.md", DOCS / "sql.md", DOCS / "errors.md"]
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
_SQL = re.compile(r"^```sql\n(?P<sql>.*?)^```\n(?:```text\n(?P<shown>.*?)^```$)?", re.M | re.S)


def answer(connection: sqlshim.Connection, statement: str) -> str:
    """What is shown of a statement: the table of its rows, or its error."""
    try:
        cursor = connection.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    except sqlshim.Error as error:
        return f"{type(error).__name__} {error.sqlstate}: {error}\n"
    names = [column[0] for column in cursor.description or ()]
    lines = [line.rstrip("\n") for line in render.table(names, [rows], render.Look())]
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})"
    return "\n".join([*lines, count]) + "\n"


def answered(page: str) -> str:
    """The page with each shown answer replaced by what is."""
    connection = sqlshim.connect("memory://", autocommit=True)

    def block(found: re.Match[str]) -> str:
        *first, last = found["sql"].rstrip().split(";\n")
        for statement in first:
            connection.execute(statement)
        now = answer(connection, last)
        if found["shown"] is None:
            return found[0]
        return f"```sql\n{found['sql']}```\n```text\n{now}```"

    try:
        return _SQL.sub(block, page)
    finally:
        connection.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sql_examples_answer_what_is_shown(page: Path, accept: bool) -> None:
    text = page.read_text(encoding="utf-8")
    now = answered(text)
    if accept:
        page.write_text(now, encoding="utf-8")
    assert now == (now if accept else text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_examples_run(page: Path) -> None:
    blocks = _PYTHON.findall(page.read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    for value in names.values():
        if isinstance(value, sqlshim.Connection):
            value.close()


def test_the_page_of_functions_is_made_from_the_tables() -> None:
    generate = runpy.run_path(str(DOCS / "generate.py"))
    page = (DOCS / "functions.md").read_text(encoding="utf-8")
    assert page == generate["page"](), "run: python docs/generate.py"


def test_every_error_is_documented_with_its_sqlstate() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    classes = [k for k in vars(errors).values() if isinstance(k, type)]
    rows = [f"| `{k.__name__}` | {k.sqlstate} |" for k in classes if issubclass(k, errors.Error)]
    assert [row for row in rows if row not in page] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*DOCS.rglob("*.md")]
    links = [(p, m) for p in pages for m in re.findall(r"\]\(([\w./-]+\.md)", p.read_text("utf-8"))]
    assert [f"{p.name}: {link}" for p, link in links if not (p.parent / link).exists()] == []
