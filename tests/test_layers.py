"""The direction of imports, and the size of things (DESIGN section 2).

Everything is read from the source. Imports inside functions and under TYPE_CHECKING count too: a
layer that needs to know a type of another one depends on it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "sqlshim"
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}

# From left to right: a layer sees itself and the rows before its own, not the others of its row.
# A module belongs to the longest prefix that fits. `catalog` stands left of `ir`, because Scan
# and Insert hold a Table; `bind` right of `sql`, whose placeholders it reads.
ROWS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("types",),
    ("intervals", "durations", "jsonb", "patterns", "jsonpath_syntax", "number_patterns"),
    ("pattern_spans",),
    ("python_patterns",),
    ("jsonpath",),
    ("instants", "collecting"),
    ("array_texts",),
    ("values", "numerics"),
    ("functions", "catalog"),
    ("ir",),
    ("backends.protocol",),
    ("backends.arrow", "backends.registry", "backends.estimate", "sample"),
    ("backends.kept",),
    ("sql", "plan", "execute", "backends.duckdb", "backends.mongo", "backends.cassandra"),
    ("bind",),
    ("planning",),
    ("engine",),
    ("dbapi",),
    ("",),  # sqlshim itself, the public face
    ("repl", "sqlalchemy"),
    ("__main__", "demo"),
)
ROW_OF = {layer: row for row, layers in enumerate(ROWS) for layer in layers}
NOT_FOR_BIND = frozenset({"plan", "execute", "backends.duckdb", "backends.mongo"}) | {
    "backends.cassandra"
}

# Each library, and the only modules that may import it.
HOMES: dict[str, tuple[str, ...]] = {
    "sqlglot": ("sql", "bind", "backends.duckdb.compile", "repl.complete"),
    "duckdb": ("backends.duckdb",),
    "pyarrow": ("backends", "dbapi"),
    "numpy": ("backends.mongo", "backends.cassandra"),
    "pymongo": ("backends.mongo",),
    "bson": ("backends.mongo",),
    "cassandra": ("backends.cassandra",),
    "prompt_toolkit": ("repl",),
    "pygments": ("repl",),
    "pandas": ("dbapi",),
    "sqlalchemy": ("sqlalchemy",),
    "conformance": (),
    "tests": (),
}
TABLES = ("sqlshim.functions.", "sqlshim.backends.duckdb.compile.functions")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 50


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, absolute name) of everything imported; `from a import b` is `a.b` and `a`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [name for name in names if name in MODULES]
            yield from ((node.lineno, name) for name in modules or [str(node.module)])


def layer_of(module: str) -> str:
    """The layer of a module, such as `backends.mongo` for `sqlshim.backends.mongo.accept`."""
    name = module.removeprefix("sqlshim").removeprefix(".")
    fitting = [layer for layer in ROW_OF if _within(name, layer)]
    return max(fitting, key=len, default="")


def _within(name: str, layer: str) -> bool:
    return name == layer or (layer != "" and name.startswith(layer + "."))


def wrong_imports(module: str, source: str) -> list[str]:
    """What `module` imports and must not, as `line N: layer imports what`."""
    here = layer_of(module)
    return [
        f"line {line}: {here or 'sqlshim'} imports {name}"
        for line, name in imported(ast.parse(source))
        if not _allowed(module, here, name)
    ]


def _allowed(module: str, here: str, name: str) -> bool:
    library = name.partition(".")[0]
    if library != "sqlshim":
        inner = module.removeprefix("sqlshim.")
        homes = HOMES.get(library)
        return homes is None or any(inner.startswith(home) for home in homes)
    there = layer_of(name)
    if here == "bind" and there in NOT_FOR_BIND:
        return False
    return here == there or ROW_OF[there] < ROW_OF[here]


def broad_handlers(source: str) -> list[str]:
    """Handlers of everything that do not end by raising: what came in goes nowhere."""
    return [
        f"line {node.lineno}: except {ast.unparse(node.type) if node.type else ''}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    ]


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kinds = [] if handler.type is None else ast.walk(handler.type)
    named = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return handler.type is None or bool(named & {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise)


def long_functions(source: str) -> list[str]:
    """Functions over the limit; their docstrings do not count."""
    return [
        f"{node.name} has {lines} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _length(node)) > LONGEST_FUNCTION
    ]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    documented = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


every_module = pytest.mark.parametrize("module", MODULES)


@every_module
def test_a_layer_sees_only_what_stands_to_its_left(module: str) -> None:
    assert wrong_imports(module, MODULES[module].read_text(encoding="utf-8")) == []


@every_module
def test_everything_is_caught_only_at_the_borders(module: str) -> None:
    if layer_of(module) not in ("dbapi", "repl", "__main__"):
        assert broad_handlers(MODULES[module].read_text(encoding="utf-8")) == []


@every_module
def test_a_module_fits_in_400_lines_and_a_function_in_50(module: str) -> None:
    source = MODULES[module].read_text(encoding="utf-8")
    assert module.startswith(TABLES) or source.count("\n") <= LONGEST_MODULE
    assert long_functions(source) == []


# --- the rules above can be broken ---------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("sqlshim.ir.walk", "import sqlshim.engine", ["line 1: ir imports sqlshim.engine"]),
        (
            "sqlshim.plan.split",
            "from sqlshim.sql.parse import parse",
            ["line 1: plan imports sqlshim.sql.parse"],
        ),
        (
            "sqlshim.backends.mongo.run",
            "from sqlshim.backends.duckdb import store",
            ["line 1: backends.mongo imports sqlshim.backends.duckdb.store"],
        ),
        (
            "sqlshim.bind.queries.query",
            "def f():\n    from sqlshim.plan import split",
            ["line 2: bind imports sqlshim.plan.split"],
        ),
        (
            "sqlshim.types",
            "if TYPE_CHECKING:\n    from sqlshim.ir.scalar import Scalar",
            ["line 2: types imports sqlshim.ir.scalar"],
        ),
        ("sqlshim.engine", "import sqlglot", ["line 1: engine imports sqlglot"]),
        ("sqlshim.dbapi.cursor", "import pymongo", ["line 1: dbapi imports pymongo"]),
        (
            "sqlshim.backends.duckdb.store",
            "import duckdb, sqlglot",
            ["line 1: backends.duckdb imports sqlglot"],
        ),
        ("sqlshim.backends.duckdb.compile.casts", "from sqlglot import exp", []),
        ("sqlshim.bind.queries.query", "from sqlshim.sql.params import PREFIX", []),
        ("sqlshim.engine", "from sqlshim.plan.split import split", []),
    ],
)
def test_an_import_to_the_right_is_found(module: str, source: str, found: list[str]) -> None:
    assert wrong_imports(module, source) == found


def test_a_handler_of_everything_is_found_unless_it_raises_again() -> None:
    source = """
try: f()
except (ValueError, Exception): pass
try: f()
except: pass
try: f()
except BaseException:
    close()
    raise
"""
    assert broad_handlers(source) == ["line 3: except (ValueError, Exception)", "line 5: except "]


def test_a_long_function_is_found() -> None:
    assert long_functions("def f():\n" + "    g()\n" * 50) == ["f has 51 lines"]
