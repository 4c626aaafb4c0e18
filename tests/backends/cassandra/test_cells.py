"""Where the cells of a page are, whatever they hold."""

from __future__ import annotations

import random
import struct

import pytest

from sqlshim.backends.cassandra.values import cells
from sqlshim.backends.cassandra.values.cells import locate

Row = tuple[bytes | None, ...]
BEFORE = b"head"


def page(rows: list[Row]) -> bytes:
    written = [_cell(value) for row in rows for value in row]
    return BEFORE + b"".join(written)


def _cell(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def read(rows: list[Row], widths: list[int]) -> list[Row]:
    raw = page(rows)
    found = locate(raw, len(BEFORE), len(rows), widths)
    columns = [
        [None if n < 0 else raw[a : a + n] for a, n in zip(c.at, c.lengths, strict=True)]
        for c in found
    ]
    return list(zip(*columns, strict=True))


PAGES: dict[str, tuple[list[Row], list[int], str]] = {
    "all fixed": ([(b"1234", b"12345678")] * 3, [4, 8], "_even"),
    "texts of one length": ([(b"1234", b"A"), (b"5678", b"B")], [4, 0], "_even"),
    "a column of NULLs": ([(None, b"1234")] * 2, [8, 4], "_even"),
    "a text first": ([(b"ab", b"1234"), (b"", b"5678")], [0, 4], "_hopped"),
    "a text between": ([(b"12", b"a", b"34"), (b"56", b"bcd", b"78")], [2, 0, 2], "_hopped"),
    "texts beside each other": ([(b"a", b"bc"), (b"def", b"")], [0, 0], "_hopped"),
    "texts of 255 bytes": ([(b"x" * 255, b"12"), (b"", b"34")], [0, 2], "_hopped"),
    "texts of 256 bytes": ([(b"x" * 256, b"12"), (b"", b"34")], [0, 2], "_walked"),
    "a NULL among texts": ([(b"12", b"a"), (b"34", None), (b"56", b"bc")], [2, 0], "_walked"),
    "a NULL among numbers": ([(b"12", b"a"), (None, b"b")], [2, 0], "_walked"),
    "an empty number": ([(b"12", b"a"), (b"", b"b")], [2, 0], "_walked"),
    "another width": ([(b"12", b"a"), (b"345", b"")], [2, 0], "_walked"),
}


@pytest.mark.parametrize(("rows", "widths", "way"), PAGES.values(), ids=PAGES.keys())
def test_cells_are_found_in_the_quickest_way(
    rows: list[Row], widths: list[int], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    for name in ("_even", "_hopped", "_walked"):
        monkeypatch.setattr(cells, name, _noting(name, getattr(cells, name), taken))
    assert read(rows, widths) == rows
    assert taken[-1] == way


def _noting(name: str, way: object, taken: list[str]) -> object:
    def noted(*args: object) -> object:
        taken.append(name)
        return way(*args)  # type: ignore[operator]

    return noted


@pytest.mark.parametrize("seed", range(200))
def test_any_page_is_read_as_it_was_written(seed: int) -> None:
    rng = random.Random(seed)
    widths = [rng.choice([0, 0, 1, 2, 4, 8]) for _ in range(rng.randint(1, 5))]
    odd = rng.choice([0.0, 0.0, 0.05, 0.5])
    longest = rng.choice([0, 1, 30, 300])

    def value(width: int) -> bytes | None:
        if rng.random() < odd:
            return rng.choice([None, b"", b"\xff" * rng.randint(0, 9)])
        return rng.randbytes(width or rng.randint(0, longest))

    rows = [tuple(value(width) for width in widths) for _ in range(rng.randint(1, 60))]
    assert read(rows, widths) == rows


def test_values_of_a_width_are_numbers_and_empty_ones_missing() -> None:
    rows: list[Row] = [(struct.pack(">i", 7),), (None,), (b"",), (struct.pack(">i", -1),)]
    raw = page(rows)
    [column] = locate(raw, len(BEFORE), len(rows), [4])
    values, missing = column.of_width(">i4") or ([], None)
    assert list(values) == [7, 0, 0, -1]
    assert missing is not None
    assert list(missing) == [False, True, True, False]
    assert column.of_width(">i8") is None
