"""Names of a table's columns, and conditions that its key or an index can answer."""

from __future__ import annotations

from random import Random

from conformance.fuzz.constants import computed
from conformance.fuzz.names import Name
from conformance.fuzz.parameters import filler
from conformance.fuzz.tree import Many, Node, Part, Value
from conformance.fuzz.world import TYPES, UNLIKE, Row, Table


def names_of(table: Table, before: str = "") -> list[Name]:
    """The columns, those of a document being its fields and those of a map its values."""
    names: list[Name] = []
    for column in table.columns:
        text, values = before + column.name, table.values(column.name)
        if column.kind == "R":
            number = "B" if table.form == "sampled" else "I"
            fields = (("city", "T"), ("n", number))
            names += [Name(f"{text}.{name}", kind, _inside(values, name)) for name, kind in fields]
        elif column.kind == "m":
            names += [Name(f"{text}['{key}']", "I", _inside(values, key)) for key in ("a", "b")]
        elif column.kind in PARTS_OF:
            names.append(Name(text, column.kind, values))
            names += [Name(part.format(text), kind) for part, kind in PARTS_OF[column.kind]]
        else:
            names.append(Name(text, column.kind, values))
    return names


# What is read of values that are no scalars: a template, and the kind it has.
PARTS_OF = {
    "J": (("({} ->> 'a')", "T"), ("({} -> 'b' ->> 0)", "T"), ("JSONB_TYPEOF({})", "T")),
    "d": (("CARDINALITY({})", "I"), ("({})[1].k", "T")),
    "V": (("CAST({} AS TEXT)", "T"),),
    "v": (("CAST({} AS TEXT)", "T"),),
    "n": (("CAST({} AS TEXT)", "T"),),
    "p": (("{}.f1", "I"), ("{}.f2", "T")),
    "y": (("{}.a", "I"), ("{}.b", "T")),
    "u": (("TOTIMESTAMP({})", "S"), ("CAST({} AS TEXT)", "T")),
}


def _inside(values: tuple[object, ...], key: str) -> tuple[object, ...]:
    found = (value.get(key) for value in values if isinstance(value, dict))
    return tuple(value for value in found if value is not None)


def key_terms(rnd: Random, alias: str, table: Table) -> list[Node]:
    """Conjuncts on the key, or on indexed columns, that a row of the table meets."""
    if rnd.random() < 0.15:
        return [_either(rnd, alias, table)]
    names = table.key or table.indexes or (table.columns[0].name,)
    if table.indexes and rnd.random() < 0.35:
        names = table.indexes
    chosen = names[: rnd.randint(min(table.partition, len(names)), len(names))]
    if len(names) - table.partition >= 2 and rnd.random() < 0.15:
        return _slice(rnd, alias, table)
    row = rnd.choice(table.rows)
    return [_term(rnd, alias, table, name, row) for name in chosen]


def _either(rnd: Random, alias: str, table: Table) -> Node:
    """Rows found by one key or by another."""
    names = table.key or table.indexes or (table.columns[0].name,)
    arms = tuple(
        Part("L", "({})", (Many("", " AND ", tuple(
            _term(rnd, alias, table, name, row) for name in names[: table.partition]), 1),))
        for row in (rnd.choice(table.rows), rnd.choice(table.rows))
    )  # fmt: skip
    return Part("L", "({})", (Many("", " OR ", arms, 1),))


def _slice(rnd: Random, alias: str, table: Table) -> list[Node]:
    """A partition, and a comparison of rows of its clustering columns."""
    row = rnd.choice(table.rows)
    partition, clustering = table.key[: table.partition], table.key[table.partition :]
    terms: list[Node] = [_equal(rnd, alias, table, name, row) for name in partition]
    if len(clustering) < 2 or any(_value(table, name, row) is None for name in table.key):
        return terms
    columns = ", ".join(f"{alias}.{name}" for name in clustering)
    values = tuple(Value("", _value(table, n, row), rnd.random() < 0.3) for n in clustering)
    sign = rnd.choice(("<", "<=", ">", ">="))
    return [*terms, Part("L", f"(({columns}) {sign} ({{}}))", (Many("", ", ", values, 2),))]


def _term(rnd: Random, alias: str, table: Table, name: str, row: Row) -> Node:
    column = f"{alias}.{name}"
    value = _value(table, name, row)
    if value is None:
        return Part("L", f"({column} IS NULL)")
    kind = _kind(table, name)
    if kind in "tR":
        return _of_nested(rnd, column, value)
    if kind == "m":
        return Part("L", f"({column}['a'] = 1)")
    chance = rnd.random()
    if chance < 0.4:
        return _equal(rnd, alias, table, name, row)
    if chance < 0.75:
        others = [v for r in rnd.sample(table.rows, min(2, len(table.rows)))
                  if (v := _value(table, name, r)) is not None]  # fmt: skip
        if chance < 0.62:
            return _any_of(rnd, column, [value, *others])
        kids = tuple(Value("", v, rnd.random() < 0.3) for v in [value, *others])
        return Part("L", f"({column} IN ({{}}))", (Many("", ", ", kids, 1),))
    sign = rnd.choice(("<", "<=", ">", ">="))
    return Part("L", f"({column} {sign} {{}})", (_given(rnd, kind, value),))


def _any_of(rnd: Random, column: str, values: list[object]) -> Node:
    """A list that is passed, short or longer than what is looked up by key; at times another one
    when the statement is executed again."""
    more = [*values, *filler(rnd, values, rnd.choice((3, 9, 20, 60)))]
    first, then = rnd.choice(((values, more), (more, values), (more, more), (values, None)))
    others = (then,) if rnd.random() < 0.5 else ()
    return Part("L", f"({column} = ANY ({{}}))", (Value("", first, True, others),))


def _given(rnd: Random, kind: str, value: object) -> Node:
    if kind in TYPES and kind not in UNLIKE and rnd.random() < 0.25:
        return computed(rnd, kind, value)
    return Value("", value, rnd.random() < 0.4)


def _of_nested(rnd: Random, column: str, value: object) -> Node:
    if isinstance(value, dict):
        return Part("L", f"({column}.city = {{}})", (Value("", value["city"] or "a"),))
    assert isinstance(value, list)
    kid = Value("", value[0] if value else "a", rnd.random() < 0.4)
    return Part("L", f"({{}} = ANY ({column}))", (kid,))


def _equal(rnd: Random, alias: str, table: Table, name: str, row: Row) -> Node:
    value = _value(table, name, row)
    if value is None:
        return Part("L", f"({alias}.{name} IS NULL)")
    return Part("L", f"({alias}.{name} = {{}})", (_given(rnd, _kind(table, name), value),))


def _kind(table: Table, name: str) -> str:
    return next(column.kind for column in table.columns if column.name == name)


def _value(table: Table, name: str, row: Row) -> object:
    return row[[column.name for column in table.columns].index(name)]
