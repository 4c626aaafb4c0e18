"""Two ways to the same rows, timed side by side; and single figures with a limit.

A suite gives `Race`s and `Figure`s; `run` lets both sides of a race take turns, so that whatever
else the machine does hits both alike, and gives the medians. Both must give the same rows, or the
time says nothing.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Race:
    """`ours` against `by_hand`; `most` is the ratio of their times that is still good.

    `differ` says in a sentence how two results differ, None if they don't.
    """

    name: str
    ours: Callable[[], Any]
    by_hand: Callable[[], Any]
    most: float
    differ: Callable[[Any, Any], str | None]


@dataclass(frozen=True)
class Against:
    """`ours` against `seconds` that another needed elsewhere; `wrong` says in a sentence what is
    wrong with the result, None if nothing is."""

    name: str
    ours: Callable[[], Any]
    seconds: float
    other: str
    most: float
    wrong: Callable[[Any], str | None]


@dataclass(frozen=True)
class Timed:
    """Median seconds of both sides; `remark` says why the times do not count."""

    name: str
    ours: float
    theirs: float
    most: float
    remark: str = ""
    other: str = "by hand"

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def good(self) -> bool:
        return not self.remark and self.ratio <= self.most

    def __str__(self) -> str:
        verdict = self.remark or ("ok" if self.good else "too slow")
        times = f"{_shown(self.ours)} {self.other} {_shown(self.theirs)}"
        return f"{self.name:24} {times} ratio {self.ratio:5.2f} of {self.most:.2f}  {verdict}"


@dataclass(frozen=True)
class Figure:
    """One number where nothing can be raced against: `measure()` is good up to `most`."""

    name: str
    measure: Callable[[], float]
    most: float
    unit: str


@dataclass(frozen=True)
class Rivals:
    """`ours` against the best of several others. Each gets the seconds that it may take, or None,
    and gives those it took: one that needs `patience` times as long as ours has lost."""

    name: str
    ours: Callable[[float | None], float]
    others: Sequence[Callable[[float | None], float]]
    most: float
    patience: float
    least: float  # seconds that it has in any case
    called: str = "the better"  # what the best of the others is


@dataclass(frozen=True)
class Measured:
    """The median of a figure."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def good(self) -> bool:
        return self.value <= self.most

    def __str__(self) -> str:
        verdict = "ok" if self.good else "too much"
        return (
            f"{self.name:24} {self.value:9.3f} {self.unit} of {self.most:g} {self.unit}  {verdict}"
        )


Contest = Race | Against | Figure | Rivals
Outcome = Timed | Measured


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:9.3f} ms"


def run(contest: Contest, rounds: int) -> Outcome:
    """A race or a figure, `rounds` times."""
    match contest:
        case Race():
            return _raced(contest, rounds)
        case Against():
            return _timed(contest, rounds)
        case Rivals():
            return _best(contest, rounds)
        case Figure(name, measure, most, unit):
            return Measured(name, statistics.median(measure() for _ in range(rounds)), most, unit)


def _raced(race: Race, rounds: int) -> Timed:
    """Both sides once to warm up and to compare, then `rounds` times in turn."""
    remark = race.differ(race.ours(), race.by_hand()) or ""
    ours, by_hand = [], []
    for _ in range(rounds):
        ours.append(seconds(race.ours))
        by_hand.append(seconds(race.by_hand))
    return Timed(race.name, statistics.median(ours), statistics.median(by_hand), race.most, remark)


def _best(contest: Rivals, rounds: int) -> Timed:
    """Each once to warm up and to see who has lost, then all others `rounds` times, each first in
    its turn: who comes after a scan of everything finds other data in memory."""
    warm = min(contest.ours(None) for _ in range(2))
    limit = max(contest.patience * warm, contest.least)
    left = [other for other in contest.others if min(other(limit), other(limit)) < limit]
    times: dict[int, list[float]] = {}
    sides = list(enumerate((contest.ours, *left)))
    for turn in range(rounds):
        first = turn % len(sides)
        for number, side in (*sides[first:], *sides[:first]):
            times.setdefault(number, []).append(side(limit if number else None))
    ours, *others = (statistics.median(times[number]) for number, _ in sides)
    return Timed(contest.name, ours, min(others, default=limit), contest.most, other=contest.called)


def _timed(contest: Against, rounds: int) -> Timed:
    """Once to warm up and to look at the result, then `rounds` times."""
    remark = contest.wrong(contest.ours()) or ""
    ours = statistics.median(seconds(contest.ours) for _ in range(rounds))
    return Timed(contest.name, ours, contest.seconds, contest.most, remark, contest.other)


def seconds(work: Callable[[], Any]) -> float:
    """How long `work` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
