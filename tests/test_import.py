"""`import sqlshim` is cheap: it loads no driver, no engine and no parser."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_REPORT = """
import json, sys
before = set(sys.modules)
{}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
HEAVY = {"bson", "cassandra", "duckdb", "pandas", "prompt_toolkit", "pyarrow", "pymongo", "sqlglot"}
MOST_MODULES = 60  # the standard library's among them; 40 when this was written


def loaded_by(code: str) -> list[str]:
    """The modules that a fresh interpreter loads for `code`, with warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _REPORT.format(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return list(json.loads(done.stdout))


def test_importing_sqlshim_loads_no_driver_and_no_engine() -> None:
    assert HEAVY & {name.partition(".")[0] for name in loaded_by("import sqlshim")} == set()


def test_importing_sqlshim_loads_few_modules() -> None:
    assert len(loaded_by("import sqlshim")) <= MOST_MODULES


def test_importing_the_engine_loads_no_driver() -> None:
    loaded = loaded_by("import sqlshim.dbapi.connection")
    assert HEAVY & {name.partition(".")[0] for name in loaded} == {"sqlglot"}


@pytest.mark.parametrize("store", ["duckdb", "mongo", "cassandra"])
def test_importing_a_store_prints_no_warning_and_loads_no_other_driver(store: str) -> None:
    drivers = {"duckdb": "duckdb", "mongo": "pymongo", "cassandra": "cassandra"}
    loaded = {name.partition(".")[0] for name in loaded_by(f"import sqlshim.backends.{store}")}
    assert loaded & set(drivers.values()) <= {drivers[store]}


def test_the_public_names_exist() -> None:
    import sqlshim

    assert [name for name in sqlshim.__all__ if not hasattr(sqlshim, name)] == []


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    import sqlshim

    with pytest.raises(AttributeError, match="module 'sqlshim' has no attribute 'Cursr'"):
        sqlshim.Cursr  # noqa: B018
