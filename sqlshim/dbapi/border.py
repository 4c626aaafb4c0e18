"""The border: what no layer below has made an error of ours leaves as an InternalError.

PEP 249 lets nothing else out of a cursor: a caller's `except sqlshim.Error` must see a bug, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlshim.errors import Error, InternalError

P = ParamSpec("P")
T = TypeVar("T")


def guarded(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`call(…)`; a surprise is raised as InternalError (XX000) with the surprise as its cause.

    Warnings that were made errors, and what is no Exception (Ctrl-C), pass.
    """
    try:
        return call(*args, **kwargs)
    except (Error, Warning):
        raise
    except Exception as error:
        raise InternalError(
            f"sqlshim made a mistake ({type(error).__name__}: {error})",
            sqlstate="XX000",
            hint="Please report it with the statement and the traceback.",
        ) from error
