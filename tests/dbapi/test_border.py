from __future__ import annotations

import warnings

import pytest

from sqlshim.dbapi.border import guarded
from sqlshim.errors import InternalError, ProgrammingError


def test_a_bug_leaves_as_an_internal_error_with_its_cause() -> None:
    with pytest.raises(InternalError, match="ZeroDivisionError") as caught:
        guarded(lambda: 1 // 0)
    assert caught.value.sqlstate == "XX000"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def wrong() -> None:
    raise ProgrammingError("wrong")


def stopped() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (wrong, ProgrammingError),
        (stopped, KeyboardInterrupt),
        (lambda: warnings.warn("x", stacklevel=1), UserWarning),
    ],
    ids=["an error of ours", "Ctrl-C", "a warning"],
)
def test_the_rest_passes(call: object, kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        guarded(call)  # type: ignore[arg-type]
