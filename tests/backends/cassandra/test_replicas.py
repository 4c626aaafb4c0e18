"""Lists of partition keys on a ring of three nodes: which go together, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from cassandra.cqltypes import Int32Type
from cassandra.metadata import KeyspaceMetadata, Metadata, Murmur3Token, TokenMap

from sqlshim import types as t
from sqlshim.backends.cassandra.compile import compile_query
from sqlshim.backends.cassandra.replicas import Groups, Replicas, routing_key, together
from sqlshim.backends.cassandra.requests import BATCH_KEYS, Request, plan
from sqlshim.ir.keys import row_test
from sqlshim.ir.relational import Filter
from sqlshim.ir.scalar import Param
from tests.backends.cassandra.trees import READINGS, col, eq, gt, isin, scan


@dataclass(frozen=True)
class Node:
    name: str


NODES = tuple(map(Node, "ABC"))
# Node A has what lies up to its token, from C's on around the ring; and so on.
TOKENS = {Murmur3Token(at): node for at, node in zip((-(2**62), 0, 2**62), NODES, strict=True)}


@pytest.fixture
def metadata() -> Metadata:
    """A ring of three nodes, each row on two of them."""
    found = Metadata()
    found.all_hosts = lambda: list(NODES)
    found.token_map = TokenMap(Murmur3Token, TOKENS, sorted(TOKENS), found)
    options = {"replication_factor": "2"}
    found.keyspaces = {"ks": KeyspaceMetadata("ks", True, "SimpleStrategy", options)}
    return found


@pytest.fixture
def replicas(metadata: Metadata) -> Callable[..., Replicas]:
    def replicas_(*far: int) -> Replicas:
        """With some nodes out of reach."""
        return Replicas(metadata, lambda host: NODES.index(host) not in far, lambda: 5)

    return replicas_


def texts(request: Request) -> list[Any]:
    """The second columns of a request's keys."""
    found = request.values[1]
    return found if isinstance(found, list) else [found]


def owners(metadata: Metadata, request: Request) -> list[Any]:
    """For each key of a request, the nodes that have it."""
    return [metadata.get_replicas("ks", _packed(1, text)) for text in texts(request)]


def _packed(number: int, text: str) -> bytes:
    return routing_key([Int32Type.serialize(number, 5), text.encode()])


def requests(of: Replicas | None, words: list[str]) -> list[Request]:
    query = compile_query(Filter(scan(), (eq("a", 1), isin("b", *words))))
    return list(plan(query, (), list, together if of is None else of.groups))


WORDS = [f"w{i}" for i in range(200)]


def test_the_keys_of_a_request_are_all_on_the_node_it_goes_to(
    metadata: Metadata, replicas: Callable[..., Replicas]
) -> None:
    sent = requests(replicas(), WORDS)
    assert sorted(w for r in sent for w in texts(r)) == sorted(WORDS)
    goes_to = set()
    for request in sent:
        assert len(texts(request)) <= BATCH_KEYS
        key = request.routing_key or _packed(1, texts(request)[0])  # the driver's of one key
        node = metadata.get_replicas("ks", key)[0]
        assert all(places[0] is node for places in owners(metadata, request))
        goes_to.add(node.name)
    assert goes_to == {"A", "B", "C"}
    assert len(sent) <= len(WORDS) // BATCH_KEYS + 3


def test_where_a_node_is_gone_its_keys_go_to_the_next_that_has_them(
    metadata: Metadata, replicas: Callable[..., Replicas]
) -> None:
    for request in requests(replicas(0), WORDS):
        near = [[n for n in places if n is not NODES[0]] for places in owners(metadata, request)]
        assert len({places[0].name for places in near}) == 1


@pytest.mark.parametrize("far", [(1, 2), (0, 1, 2)], ids=["one node left", "none"])
def test_keys_stay_together_where_no_choice_is_left(
    replicas: Callable[..., Replicas], far: tuple[int, ...]
) -> None:
    assert requests(replicas(*far), WORDS) == requests(None, WORDS)


def test_one_key_needs_no_help(replicas: Callable[..., Replicas]) -> None:
    assert requests(replicas(), ["w"]) == requests(None, ["w"])


def test_a_key_whose_type_is_not_known_stays_with_the_others(
    replicas: Callable[..., Replicas],
) -> None:
    [(key, group)] = replicas().groups(_keyed_by("old"), [({"x": 1},), ({"y": 2},)])
    assert key is None
    assert len(group) == 2


def _keyed_by(column: str) -> Any:
    return SimpleNamespace(partition_key=(column,), schema="ks", column=READINGS.column)


# --- rows of keys ----------------------------------------------------------------------------

ROWS = row_test([col("b"), col("a")], Param(0, t.array(t.struct(()))))


def of_rows(rows: list[tuple[Any, ...]], groups: Groups = together) -> list[tuple[str, Any]]:
    """The conditions and values of the requests for rows of keys (b, a)."""
    query = compile_query(Filter(scan("a", "b", "v"), (ROWS, gt("v", 2))))
    found = plan(query, (rows,), list, groups)
    return [(request.text.split("WHERE ")[1], request.values) for request in found]


BOTH = '"a" = ? AND "b" {} AND "v" > ? ALLOW FILTERING'


def test_rows_that_differ_in_the_last_column_are_asked_for_together() -> None:
    rows = [("x", 1), ("y", 1), ("x", 2), ("y", 1)]
    assert of_rows(rows) == [
        (BOTH.format("IN ?"), (1, ["x", "y"], 2)),
        (BOTH.format("= ?"), (2, "x", 2)),
    ]


def test_at_most_so_many_rows_at_once() -> None:
    sent = of_rows([(word, 1) for word in WORDS])
    assert [len(values[1]) for _, values in sent] == [BATCH_KEYS] * (len(WORDS) // BATCH_KEYS)


@pytest.mark.parametrize(
    "rows",
    [[], [("x", 2**40)], [("x", Decimal("1.5"))], [("x" * 70_000, 1)]],
    ids=["none", "beyond the type", "not exact", "too long"],
)
def test_rows_that_no_partition_has_are_not_asked_for(rows: list[tuple[Any, ...]]) -> None:
    assert of_rows(rows) == []


def test_rows_go_to_the_nodes_that_have_them(
    metadata: Metadata, replicas: Callable[..., Replicas]
) -> None:
    query = compile_query(Filter(scan("a", "b", "v"), (ROWS,)))
    sent = list(plan(query, ([(word, 1) for word in WORDS],), list, replicas().groups))
    assert sorted(w for r in sent for w in texts(r)) == sorted(WORDS)
    for request in sent:
        key = request.routing_key or _packed(1, texts(request)[0])
        node = metadata.get_replicas("ks", key)[0]
        assert all(places[0] is node for places in owners(metadata, request))
