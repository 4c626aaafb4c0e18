"""Texts that stand for numbers: they sort, and are equal, as the numbers are."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqlshim.numerics import canonical, key, number, written

INTEGERS = [0, 1, -1, 9, 10, -10, 15, 150, -150, 10**50, -(10**50), 10**50 + 1, 10**5000]
DECIMALS = [Decimal(x) for x in ("1.5", "-1.5", "0.001", "-0.001", "1E-30", "1E+20", "12.5", "0.0")]


@pytest.mark.parametrize("value", INTEGERS, ids=[str(x)[:20] for x in map(Decimal, INTEGERS)])
def test_an_int_comes_back(value: int) -> None:
    assert number(key(value), whole=True) == value


@pytest.mark.parametrize("value", DECIMALS, ids=str)
def test_a_decimal_comes_back(value: Decimal) -> None:
    assert number(key(value), whole=False) == value


def test_keys_sort_as_numbers_do() -> None:
    for a, b in product([*INTEGERS, *DECIMALS], repeat=2):
        assert (key(a) < key(b)) == (a < b)
        assert (key(a) == key(b)) == (a == b)


@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False) | st.integers(),
)
def test_any_two_keys_sort_as_their_numbers_do(a: Decimal, b: Decimal | int) -> None:
    assert (key(a) < key(b)) == (a < b)
    assert number(key(a), whole=False) == a


def test_one_number_has_one_form() -> None:
    for text in ("1.50", "1.5", "15E-1"):
        assert str(canonical(Decimal(text))) == "1.5"
    assert str(canonical(Decimal("1E+3"))) == "1000"
    assert str(canonical(Decimal("-0.00"))) == "0"
    assert written(-(10**20)) == "-100000000000000000000"
    assert written(Decimal("1E-9")) == "0.000000001"
