"""Bitwise operators of integers: PostgreSQL manual, "Mathematical Functions and Operators"."""

from __future__ import annotations

from sqlshim.functions.model import INT, Function, Want, first, scalar, sig, united
from sqlshim.types import INTEGERS

_SAME_INT = Want("integer", INTEGERS, same=True)


def _both(name: str, symbol: str, doc: str) -> Function:
    return scalar(name, doc, sig(_SAME_INT, _SAME_INT, gives=united), symbol=symbol)


def _shift(name: str, symbol: str, doc: str) -> Function:
    return scalar(name, doc, sig(INT, INT, gives=first), symbol=symbol)


BIT_AND_OP = _both("BIT_AND_OP", "&", "the bits set in both")
BIT_OR_OP = _both("BIT_OR_OP", "|", "the bits set in either")
BIT_XOR_OP = _both("BIT_XOR_OP", "#", "the bits set in one of both")
BIT_NOT_OP = scalar("BIT_NOT_OP", "every bit turned over", sig(INT, gives=first), symbol="~")
SHIFT_LEFT = _shift("SHIFT_LEFT", "<<", "bits moved left; those beyond the width are lost")
SHIFT_RIGHT = _shift("SHIFT_RIGHT", ">>", "bits moved right; the sign stays")
