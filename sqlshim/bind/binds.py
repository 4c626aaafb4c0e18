"""What the binding of one operator or function needs of the binder around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlglot import exp

from sqlshim.bind.context import Context, NeedsValue
from sqlshim.bind.scope import Scope
from sqlshim.errors import NotSupportedError
from sqlshim.ir.scalar import Literal, Param, Scalar
from sqlshim.sql.params import PREFIX
from sqlshim.types import INTEGER, TEXT, Kind


class Binds(Protocol):
    """The binder of operands."""

    context: Context
    scope: Scope

    def scalar(self, node: exp.Expr) -> Scalar:
        """The typed form of an expression."""


Special = Callable[[exp.Expr, Binds], Scalar]


def constant_text(node: exp.Expr | None, binds: Binds, what: str) -> str:
    """The constant text that `node` is, '' for an argument that is not given."""
    value = text_literal("") if node is None else binds.scalar(node)
    if isinstance(value, Param) and value.type.kind is Kind.UNKNOWN:
        occurrence = binds.context.slots[value.index].occurrence
        if occurrence is not None:
            raise NeedsValue(occurrence)
    if not isinstance(value, Literal) or not isinstance(value.value, str):
        raise NotSupportedError(f"{what} must be a constant text")
    return value.value


def word(node: exp.Expr, binds: Binds, what: str) -> str:
    """A word or constant text, which the parser takes an argument's name for, too."""
    name = node.name.lower()
    return constant_text(exp.column(name), binds, what) if name.startswith(PREFIX) else node.name


def text_literal(value: str) -> Literal:
    """A literal that is TEXT for certain."""
    return Literal(value, TEXT.with_null(False))


def int_literal(value: int) -> Literal:
    """An INTEGER literal."""
    return Literal(value, INTEGER.with_null(False))
