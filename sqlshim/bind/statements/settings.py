"""SET: options of the open stores."""

from __future__ import annotations

from sqlglot import exp

from sqlshim.bind.context import Context
from sqlshim.errors import NotSupportedError
from sqlshim.ir.statement import SetOption


def bind_set(tree: exp.Expr, context: Context) -> SetOption:
    """SET name = value, SET store.name TO value; the value DEFAULT is that of the connection."""
    match tree.expressions:
        case [exp.SetItem(this=exp.EQ(this=exp.Column() as name, expression=value)) as item]:
            pass
        case _:
            raise _refused()
    if item.args.get("kind") not in (None, "SESSION") or len(name.parts) > 2:
        raise _refused()
    word = value.name if isinstance(value, exp.Literal | exp.Var | exp.Column) else ""
    if not word:
        raise _refused()
    is_default = isinstance(value, exp.Var | exp.Column) and word.upper() == "DEFAULT"
    return SetOption(name.table, name.name.lower(), None if is_default else word)


def _refused() -> NotSupportedError:
    return NotSupportedError(
        "this SET is not supported yet", position=1, hint="Write SET name = 'value'."
    )
