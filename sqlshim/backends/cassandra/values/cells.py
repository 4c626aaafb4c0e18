"""Where the cells of a page are: `locate(raw, at, count, widths)`.

A page is its rows one after the other, a row its cells, a cell four bytes of length (negative for
NULL) and the value. Only a variable width makes a row's place depend on the one before: rows of one
length are found at once, others in steps from one variable cell to the next, not from cell to cell.
What was taken for granted on the way is checked for all rows at once; where it does not hold, every
length is read in turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice
from struct import Struct
from typing import Any, TypeAlias

import numpy as np

Numbers: TypeAlias = "np.ndarray[Any, Any]"
_length_at = Struct(">i").unpack_from
HEAD = 4  # bytes of a cell's length


@dataclass(frozen=True, slots=True)
class Cells:
    """One column: the position of each value in `raw`, and its length, negative for NULL."""

    raw: bytes
    at: Numbers
    lengths: Numbers

    def missing(self) -> Numbers | None:
        """True where there is no value; None if there is one everywhere."""
        nothing = self.lengths < 0
        return nothing if nothing.any() else None

    def of_width(self, dtype: str) -> tuple[Numbers, Numbers | None] | None:
        """Values of a fixed width, in the machine's order of bytes, and True where there is none:
        an empty one is NULL to the driver too. None if one has another width."""
        big = np.dtype(dtype)
        nothing = self.lengths <= 0
        if not nothing.any():
            if (self.lengths != big.itemsize).any():
                return None
            return _read(self.raw, self.at, big).astype(big.newbyteorder("=")), None
        if not np.isin(self.lengths[~nothing], big.itemsize).all():
            return None
        values = np.zeros(len(self.at), big.newbyteorder("="))
        values[~nothing] = _read(self.raw, self.at[~nothing], big)
        return values, nothing


def _read(raw: bytes, at: Numbers, dtype: np.dtype[Any]) -> Numbers:
    """The values at these positions, which need no alignment."""
    if not len(at):
        return np.empty(0, dtype)
    everywhere = np.ndarray((len(raw) - dtype.itemsize + 1,), dtype, raw, strides=(1,))
    return everywhere[at]


def _lengths(raw: bytes, at: Numbers) -> Numbers:
    return _read(raw, at - HEAD, np.dtype(">i4")).astype(np.int32)


def locate(raw: bytes, at: int, count: int, widths: Sequence[int]) -> list[Cells]:
    """The cells of `count` rows that begin at `at` and end where `raw` does, for each column.
    `widths` are those that values are likely to have, 0 for those that vary."""
    places = _even(raw, at, count, len(widths))
    if places is None:
        places = _hopped(raw, at, count, widths)
    if places is None:
        places = _walked(raw, at, count, len(widths))
    return [Cells(raw, *place) for place in places]


Places = list[tuple[Numbers, Numbers]]


def _even(raw: bytes, at: int, count: int, columns: int) -> Places | None:
    """Where all rows have the lengths of the first."""
    first = list(_walk(raw, at, columns))
    end, last = first[-1]
    stride = end + max(last, 0) - at
    if len(raw) - at != stride * count:
        return None
    rows = np.arange(count, dtype=np.int64) * stride
    places = []
    for place, length in first:
        lengths = _lengths(raw, rows + place)
        if (lengths != length).any():
            return None
        places.append((rows + place, lengths))
    return places


def _walk(raw: bytes, at: int, cells: int) -> Iterator[tuple[int, int]]:
    """Position and length of each cell in turn."""
    for _ in range(cells):
        (length,) = _length_at(raw, at)
        at += HEAD
        yield at, length
        if length > 0:
            at += length


def _hopped(raw: bytes, at: int, count: int, widths: Sequence[int]) -> Places | None:
    """Where no cell is NULL or longer than 255 bytes, and fixed ones have their width."""
    behind, tail = _distances(widths)
    gaps = [gap for gap, width in zip(behind, widths, strict=True) if not width]
    if not gaps:
        return None
    steps = islice(cycle([gaps[0] + tail, *gaps[1:]]), count * len(gaps))
    places: Places = []
    try:
        hops = np.fromiter(_hop(raw, at - tail, steps), np.int64, count * len(gaps))
        end = hops[:: len(gaps)] - gaps[0]
        for distance, width in zip(behind, widths, strict=True):
            place = end + distance
            lengths = _lengths(raw, place)
            if ((lengths != width) if width else (lengths >> 8)).any():
                return None
            places.append((place, lengths))
            end = end if width else place + lengths
    except IndexError:  # a step that went wrong led out of the page
        return None
    return places if end[-1] + tail == len(raw) else None


def _distances(widths: Sequence[int]) -> tuple[list[int], int]:
    """How far each value is behind the end of the variable one before it (or the row's begin),
    and how far the row's end is."""
    found, distance = [], 0
    for width in widths:
        distance += HEAD
        found.append(distance)
        distance = distance + width if width else 0
    return found, distance


def _hop(raw: bytes, at: int, steps: Iterator[int]) -> Iterator[int]:
    """The positions of variable cells, by the lowest byte of their lengths."""
    for step in steps:
        at += step
        yield at
        at += raw[at - 1]


def _walked(raw: bytes, at: int, count: int, columns: int) -> Places:
    """Whatever the lengths are."""
    walk = chain.from_iterable(_walk(raw, at, count * columns))
    found = np.fromiter(walk, np.int64, 2 * count * columns).reshape(count, columns, 2)
    return [(found[:, i, 0], found[:, i, 1]) for i in range(columns)]
