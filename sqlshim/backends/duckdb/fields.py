"""The names that the fields of a struct have inside DuckDB.

A document may have keys that DuckDB's structs cannot: the empty one, and two that differ in case
only. Inside, such a field has another name; `into_engine` and `out_of_engine` change the labels of
Arrow batches on the way, without touching a value. Names of all other fields are their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from sqlshim.backends.arrow import schema_of
from sqlshim.ir.scalar import Column
from sqlshim.types import NESTED, Kind, SqlType

if TYPE_CHECKING:
    import pyarrow as pa

_NAMELESS = "key"


@cache
def field_names(t: SqlType) -> tuple[str, ...]:
    """For each field of a struct its name in DuckDB: none empty, and none like another."""
    used = {name.lower() for name, _ in t.fields if name}
    taken: set[str] = set()
    names = []
    for name, _ in t.fields:
        inside = name
        while not inside or inside.lower() in taken:
            inside = f"{inside or _NAMELESS}_"
            while inside.lower() in used:
                inside += "_"
        taken.add(inside.lower())
        names.append(inside)
    return tuple(names)


def field_name(t: SqlType, name: str) -> str:
    """The name in DuckDB of the field `name` of a struct."""
    return dict(zip((n for n, _ in t.fields), field_names(t), strict=True))[name]


@cache
def inner_type(t: SqlType) -> SqlType:
    """`t` with the names that its fields have in DuckDB; `t` itself if these are its own."""
    match t.kind:
        case Kind.STRUCT:
            parts = (inner_type(f) for _, f in t.fields)
            return replace(t, fields=tuple(zip(field_names(t), parts, strict=True)))
        case Kind.ARRAY if t.element is not None:
            return replace(t, element=inner_type(t.element))
        case Kind.MAP if t.element is not None:
            return replace(t, element=inner_type(t.element))
        case _:
            return t


@dataclass(frozen=True)
class _Relabelled:
    """The data of a batch under another schema of the same layout (Arrow's PyCapsule protocol)."""

    batch: pa.RecordBatch
    schema: pa.Schema

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        _, data = self.batch.__arrow_c_array__()
        return self.schema.__arrow_c_schema__(), data


class Labels:
    """The schemas of some columns outside and inside DuckDB."""

    def __init__(self, columns: Sequence[Column]) -> None:
        inside = [
            Column(c.id, c.name, inner_type(c.type)) if c.type.kind in NESTED else c
            for c in columns
        ]
        self.differ = any(a.type != b.type for a, b in zip(columns, inside, strict=True))
        self.outer = schema_of(columns)
        self.inner = schema_of(inside) if self.differ else self.outer

    def into_engine(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch of the outer schema in the inner one."""
        return self._relabelled(batch, self.inner)

    def out_of_engine(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch of the inner schema in the outer one."""
        return self._relabelled(batch, self.outer)

    def _relabelled(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        import pyarrow as pa

        return pa.record_batch(_Relabelled(batch, schema)) if self.differ else batch
