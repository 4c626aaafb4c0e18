"""Untyped constants that name a moment, such as 'today': the type they meet says which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlshim.ir.scalar import Literal, Scalar
from sqlshim.types import SqlType


@dataclass(frozen=True, slots=True)
class Word(Literal):
    """A text as it is written; `read` gives the moment that it is as a value of a type, or None
    where it is a text like others. `coerce` asks it, so that none reaches a plan."""

    read: Callable[[SqlType], Scalar | None] = field(compare=False, repr=False)

    __hash__ = Literal.__hash__
