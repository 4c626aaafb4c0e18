"""Which conjuncts CQL runs, and by which access path: one pure function, `restrict`.

In: conjuncts, the table with its keys and indexes. Out: CQL terms in the order of the statement,
the path, and what is left over with the reason. Called by `union`, which adds OR, for `accept`
(what stays local) and `compile` (the statement). Restricting what was taken once takes all of it
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlshim.backends.cassandra.catalog import SAI, SAI_ANALYZED, SECONDARY
from sqlshim.backends.cassandra.paths.bounds import OF_COLLECTIONS, POINTS, Op, Term
from sqlshim.backends.cassandra.paths.contains import as_contained
from sqlshim.backends.cassandra.paths.rows import as_slice
from sqlshim.backends.cassandra.paths.terms import MOST_ITEMS, Columns, as_terms, is_list
from sqlshim.backends.cassandra.servers import Feature
from sqlshim.backends.cassandra.values.cqltypes import collection
from sqlshim.catalog.model import Table
from sqlshim.ir.scalar import Scalar

_SAI_LITERAL = frozenset({"ascii", "blob", "boolean", "text", "varchar"})
# Equal values of these types can have different bytes, and a partition is found by its bytes.
NOT_HASHED = frozenset({"decimal", "double", "float"})


_NO_SLICE = "CQL slices by several clustering columns in one partition only, in the key's order"


class Path(StrEnum):
    """How rows are found, from best to worst."""

    KEY = "whole primary key"
    SLICE = "partition and clustering slice"
    PARTITION = "whole partition"
    PARTITIONS = "several partitions by key"
    INDEX = "index"
    INDEX_KEYS = "index, a key at a time"  # for a set of keys
    RING = "token ranges"
    UNION = "union"  # of several of these, one for each arm of an OR: see `union`


@dataclass(frozen=True)
class Restriction:
    """The part of a WHERE that CQL runs."""

    path: Path
    terms: tuple[Term, ...] = ()
    left: tuple[tuple[Scalar, str], ...] = ()
    filtering: bool = False  # ALLOW FILTERING: some rows that are read are not wanted
    indexes: tuple[str, ...] = ()
    arms: tuple[Restriction, ...] = ()  # of a union
    checked: tuple[tuple[Scalar, str], ...] = ()  # taken, but more rows may come than it allows

    @property
    def path_name(self) -> str:
        if self.arms:
            return f"union of {'; '.join(dict.fromkeys(arm.path_name for arm in self.arms))}"
        if not self.indexes:
            return self.path.value
        return self.path.value.replace("index", f"index {', '.join(self.indexes)}", 1)


def restrict(conjuncts: Sequence[Scalar], columns: Columns, table: Table) -> Restriction:
    """The best access path, the terms to send, and what must be checked locally."""
    taken, left = _choose(conjuncts, columns, table)
    taken, left = _apart_from_sai(taken, left, table)
    terms = [term for group in taken.values() for term in group]
    keyed = _partition_terms(terms, table)
    why = "the server refuses an index beside IN on the partition key"
    by_index = None if keyed else _set_by_index(terms, table)
    if by_index is None and not _may_look_up(keyed, terms):
        terms = [t for t in terms if t.keys is None]
        keyed, why = _partition_terms(terms, table), "keys are looked up by key or index only"
    if keyed is None:
        terms = [t for t in terms if not t.beside]
    if by_index is not None:
        why = "one index finds a set of keys"
        terms, unable = _without_filters(terms, table, lambda t: t == by_index)
        path, sent, filtering, indexes = _by_index_keys(by_index, terms, table)
    elif keyed is None and any(_index_for(t, table) for t in terms):
        terms = [t for t in terms if t.op is not Op.IN or t.column not in table.partition_key]
        terms, unable = _without_filters(terms, table, lambda t: bool(_index_for(t, table)))
        path, sent, filtering, indexes = _by_index(terms, table)
    elif keyed is None:
        long = [t for t in terms if len(t.values) > MOST_ITEMS]
        why = f"an IN list of more than {MOST_ITEMS} values" if long else why
        terms = [t for t in terms if t not in long]
        terms, unable = _without_filters(terms, table, lambda t: False)
        path, sent, filtering, indexes = _by_ring(terms)
    else:
        terms = _beside_collections(terms, table)
        needed = {*keyed, *restrict_clustering([name for name, _ in table.clustering], terms)}
        terms, unable = _without_filters(terms, table, lambda t: t in needed or t.beside != ())
        path, sent, filtering = _by_key(keyed, terms, table)
        indexes = ()
    sent_set = set(sent)
    dropped = [
        (c, _NO_SLICE if group[0].beside else _why_unable(group, unable) or why)
        for c, group in taken.items()
        if not sent_set.issuperset(group)
    ]
    return Restriction(path, sent, (*left, *dropped), filtering, indexes)


# --- what older servers cannot do ----------------------------------------------------------


def _without_filters(
    terms: Sequence[Term], table: Table, found: Callable[[Term], bool]
) -> tuple[list[Term], dict[Term, Feature]]:
    """The terms without those that the table's server cannot filter rows by; what it lacks for
    each. `found`: rows are found by a term, not filtered."""
    unable = {t: lack for t in terms if not found(t) and (lack := _lack_for(t, table))}
    return [t for t in terms if t not in unable], unable


def _lack_for(term: Term, table: Table) -> Feature | None:
    needed = {Feature.FILTERING}
    if term.op is Op.IN:
        needed.add(Feature.FILTERING_IN)
    if term.column in table.partition_key:
        needed.add(Feature.FILTERING_KEYS)
    return next((feature for feature in Feature if feature in needed & table.lacks), None)


def _why_unable(group: Sequence[Term], unable: Mapping[Term, Feature]) -> str:
    lack = next((unable[t] for t in group if t in unable), None)
    return f"the server is too old for {lack}" if lack else ""


def _beside_collections(terms: list[Term], table: Table) -> list[Term]:
    """Without IN on clustering columns, where that does not go with collections."""
    kept = [c for c in table.columns if (of := collection(c.native)) and not of.frozen]
    if Feature.IN_BESIDE_COLLECTIONS not in table.lacks or not kept:
        return terms
    clustering = {name for name, _ in table.clustering}
    return [t for t in terms if t.op is not Op.IN or t.column not in clustering]


def _apart_from_sai(
    taken: dict[Scalar, tuple[Term, ...]], left: list[tuple[Scalar, str]], table: Table
) -> tuple[dict[Scalar, tuple[Term, ...]], list[tuple[Scalar, str]]]:
    """Beside an SAI the server (5.0) filters all rows away by elements of a frozen collection."""
    by_name = {index.name: index.kind for index in table.indexes}
    by_point = [t if t.keys is None else replace(t, op=Op.EQ) for g in taken.values() for t in g]
    names = [name for t in by_point if (name := _index_for(t, table))]
    if not any(by_name[name].startswith(SAI) for name in names):
        return taken, left
    lost = [c for c, group in taken.items() if _of_frozen(group[0], table)]
    why = "Cassandra finds no elements of a frozen collection beside an SAI"
    kept = {c: group for c, group in taken.items() if c not in lost}
    return kept, [*left, *((c, why) for c in lost)]


def _of_frozen(term: Term, table: Table) -> bool:
    of = collection(table.column(term.column).native) if term.op in OF_COLLECTIONS else None
    return of is not None and of.frozen


# --- what can be said at all ---------------------------------------------------------------


def _choose(
    conjuncts: Sequence[Scalar], columns: Columns, table: Table
) -> tuple[dict[Scalar, tuple[Term, ...]], list[tuple[Scalar, str]]]:
    """Sayable conjuncts, at most one equality or one range a column; the others with a reason."""
    said: dict[Scalar, tuple[Term, ...]] = {}
    left: list[tuple[Scalar, str]] = []
    for conjunct in conjuncts:
        over_several = as_slice(conjunct, columns)
        terms: tuple[Term, ...] | str | None = (over_several,) if over_several else None
        terms = terms or as_contained(conjunct, columns) or as_terms(conjunct, columns)
        if isinstance(terms, str):
            left.append((conjunct, terms))
        elif why := _unsafe(terms, table) or _why_no_list(conjunct, terms[0], table):
            left.append((conjunct, why))
        else:
            said[conjunct] = terms
    taken: dict[Scalar, tuple[Term, ...]] = {}
    # Equality first, then IN, then ranges, at last slices over several columns; the order of the
    # statement decides among equals.
    for conjunct in sorted(said, key=lambda c: (bool(said[c][0].beside), _RANK[said[c][0].op])):
        if _clashes(said[conjunct], taken.values()):
            left.append((conjunct, "CQL takes one restriction a column"))
        else:
            taken[conjunct] = said[conjunct]
    return taken, left


_RANK = dict.fromkeys(POINTS, 0) | {Op.IN: 1, Op.LT: 2, Op.LE: 2, Op.GT: 2, Op.GE: 2}
_LOWER = frozenset({Op.GT, Op.GE})
_UPPER = frozenset({Op.LT, Op.LE})


def _clashes(terms: Sequence[Term], taken: object) -> bool:
    groups: Sequence[Sequence[Term]] = list(taken)  # type: ignore[call-overload]
    return any(_excludes(new, old) for new in terms for group in groups for old in group)


def _excludes(new: Term, old: Term) -> bool:
    if not set(new.columns) & set(old.columns):
        return False
    ops = {new.op, old.op}
    if ops <= OF_COLLECTIONS:
        return False
    # Two ends of slices over several columns must begin with the same one.
    return new.column != old.column or not (ops & _LOWER and ops & _UPPER)


def _why_no_list(conjunct: Scalar, term: Term, table: Table) -> str:
    if not is_list(conjunct) or term.column in table.partition_key:
        return ""
    return "a list is looked up by partition key only"


def _unsafe(terms: Sequence[Term], table: Table) -> str:
    """Why the server would misread the terms or find too little; empty if it does not."""
    term = terms[0]
    if term.op in OF_COLLECTIONS and term.column in table.primary_key:
        return "CQL asks for no elements of a key column"
    analyzed = (i for i in table.indexes if i.kind.startswith(SAI_ANALYZED))
    if any(i.columns[0][0] == term.column for i in analyzed):
        return "the column's index compares analyzed text"
    for name in {t.column for t in terms} & set(table.partition_key):
        if (native := table.column(name).native) in NOT_HASHED:
            return f"equal {native} keys can be different partitions"
    if len(term.values) > MOST_ITEMS and term.column not in table.partition_key:
        return f"an IN list of more than {MOST_ITEMS} values"
    return ""


# --- by key --------------------------------------------------------------------------------


def _partition_terms(terms: Sequence[Term], table: Table) -> list[Term] | None:
    """One = or IN for each partition key column, or None."""
    found = {t.column: t for t in terms if t.op in (Op.EQ, Op.IN)}
    if all(name in found for name in table.partition_key):
        return [found[name] for name in table.partition_key]
    return None


def _may_look_up(keyed: Sequence[Term] | None, terms: Sequence[Term]) -> bool:
    """Whether sets of keys among `terms` find partitions: one set, of values or of rows, the rest
    of the key fixed (the product of two sets would be too many partitions)."""
    sets = [t for t in terms if t.keys is not None]
    if not sets:
        return True
    lists = {t for t in keyed or () if t.op is Op.IN}
    return lists == set(sets) and len({t.keys for t in sets}) == 1


def restrict_clustering(clustering: Sequence[str], terms: Sequence[Term]) -> list[Term]:
    """The longest run of clustering columns that CQL restricts without filtering."""
    usable: list[Term] = []
    for place, name in enumerate(clustering):
        here = [t for t in terms if t.column == name and _follows(t, clustering[place:])]
        usable += here
        if not here or here[0].op not in (Op.EQ, Op.IN):  # nothing may follow a range
            break
    return usable


def _follows(term: Term, clustering: Sequence[str]) -> bool:
    """Whether a slice over several columns takes the next of the clustering columns in turn."""
    return term.columns == tuple(clustering[: len(term.columns)])


def _by_key(
    keyed: list[Term], terms: Sequence[Term], table: Table
) -> tuple[Path, tuple[Term, ...], bool]:
    several = any(t.op is Op.IN for t in keyed)
    clustering = [name for name, _ in table.clustering]
    slices = restrict_clustering(clustering, terms)
    rest = [t for t in terms if t not in keyed and t not in slices and not t.beside]
    if several:
        indexed = {i.columns[0][0] for i in table.indexes}
        rest = [t for t in rest if t.column not in indexed]
    sent = (*keyed, *slices, *rest)
    # Behind a range a clustering column is filtered by, also where it has an index.
    behind = any(t.column in clustering for t in rest)
    return _key_path(several, slices, table), sent, behind or _must_filter(rest, table)


def _key_path(several: bool, slices: Sequence[Term], table: Table) -> Path:
    if several:
        return Path.PARTITIONS
    equal = sum(t.op is Op.EQ for t in slices)
    if equal == len(table.clustering):
        return Path.KEY
    return Path.SLICE if slices else Path.PARTITION


# --- by index, by ring ---------------------------------------------------------------------


def _by_index(
    terms: Sequence[Term], table: Table
) -> tuple[Path, tuple[Term, ...], bool, tuple[str, ...]]:
    """The server uses all indexes that it can, ANDed."""
    answering = {t: name for t in terms if (name := _index_for(t, table))}
    rest = [t for t in terms if t not in answering]
    names = tuple(dict.fromkeys(answering.values()))
    return Path.INDEX, (*answering, *rest), _must_filter(terms, table), names


def _set_by_index(terms: Sequence[Term], table: Table) -> Term | None:
    """The set of keys whose column has an index, if there is one set only."""
    sets = [t for t in terms if t.keys is not None]
    if len(sets) != 1 or _index_for(replace(sets[0], op=Op.EQ), table) is None:
        return None
    return sets[0]


def _by_index_keys(
    keys: Term, terms: Sequence[Term], table: Table
) -> tuple[Path, tuple[Term, ...], bool, tuple[str, ...]]:
    """One statement a key. Other indexes stay out of it: to intersect two costs the server more
    than to read the rows of one key."""
    indexed = {i.columns[0][0] for i in table.indexes}
    rest = [t for t in terms if t.column not in indexed and not t.beside and t is not keys]
    rest = [t for t in rest if len(t.values) <= MOST_ITEMS]
    name = _index_for(replace(keys, op=Op.EQ), table)
    return Path.INDEX_KEYS, (keys, *rest), bool(rest), (name or "",)


def _must_filter(terms: Sequence[Term], table: Table) -> bool:
    """Whether the server must leave out rows by `terms`: SAIs are ANDed, another is used alone."""
    names = [_index_for(term, table) for term in terms]
    alone = any(i.name in names for i in table.indexes if not i.kind.startswith(SAI))
    return not all(names) or (alone and len(names) > 1)


def _index_for(term: Term, table: Table) -> str | None:
    """An index serves equality; an SAI ranges too, but not of text; one on a part of a collection
    what asks for that part."""
    ranges = table.column(term.column).native not in _SAI_LITERAL
    serving = {SAI + _PARTS.get(term.op, ""), SECONDARY + _PARTS.get(term.op, "")}
    if term.op not in POINTS:
        serving = {SAI} if ranges and term.op is not Op.IN else set()
    for index in table.indexes:
        if index.columns[0][0] == term.column and index.kind in serving:
            return index.name
    return None


_PARTS = {Op.CONTAINS: " values", Op.CONTAINS_KEY: " keys", Op.ENTRY: " entries"}


def _by_ring(terms: Sequence[Term]) -> tuple[Path, tuple[Term, ...], bool, tuple[str, ...]]:
    return Path.RING, tuple(terms), bool(terms), ()
