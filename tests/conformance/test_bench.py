"""The benchmark's clockwork."""

from __future__ import annotations

from collections.abc import Callable

from conformance.bench.race import Against, Figure, Measured, Race, Rivals, Timed, run


def differ(mine: object, theirs: object) -> str | None:
    return None if mine == theirs else f"{mine}, expected {theirs}"


def test_both_sides_take_turns_after_a_round_to_warm_up() -> None:
    turns: list[str] = []
    race = Race("turns", lambda: turns.append("ours"), lambda: turns.append("by hand"), 1.0, differ)
    run(race, rounds=2)
    assert turns == ["ours", "by hand"] * 3


def test_other_rows_make_a_time_worthless() -> None:
    timed = run(Race("rows", lambda: [1], lambda: [2], 1000.0, differ), rounds=1)
    assert timed.remark == "[1], expected [2]"
    assert not timed.good


def test_a_ratio_above_the_limit_is_too_slow() -> None:
    assert Timed("fast", ours=1.2, theirs=1.0, most=1.3).good
    assert not Timed("slow", ours=1.4, theirs=1.0, most=1.3).good


def test_a_wrong_result_makes_a_time_against_another_worthless() -> None:
    def wrong(rows: list[int]) -> str | None:
        return None if rows == [1] else "not 1"

    assert run(Against("right", lambda: [1], 1000.0, "Trino", 1.0, wrong), rounds=1).good
    assert not run(Against("wrong", lambda: [2], 1000.0, "Trino", 1.0, wrong), rounds=1).good


def test_a_figure_is_the_median_of_its_rounds() -> None:
    values = iter([3.0, 1.0, 2.0])
    measured = run(Figure("memory", lambda: next(values), 2.0, "MB"), rounds=3)
    assert measured == Measured("memory", 2.0, 2.0, "MB")
    assert measured.good


def test_the_best_rival_counts_and_each_comes_first_in_its_turn() -> None:
    turns: list[str] = []

    def taking(name: str, seconds: float) -> Callable[[float | None], float]:
        def take(limit: float | None) -> float:
            turns.append(name)
            return seconds if limit is None else min(seconds, limit)

        return take

    others = [taking("slow", 50.0), taking("good", 2.0), taking("fair", 3.0)]
    timed = run(
        Rivals("modes", taking("ours", 4.0), others, 1.3, patience=3.0, least=0.0), rounds=3
    )
    assert isinstance(timed, Timed)
    assert (timed.ours, timed.theirs) == (4.0, 2.0)
    assert turns[-9:] == ["ours", "good", "fair", "good", "fair", "ours", "fair", "ours", "good"]


def test_a_rival_that_takes_too_long_has_lost() -> None:
    timed = run(
        Rivals("modes", lambda _: 1.0, [lambda limit: limit or 0.0], 1.3, 3.0, 0.0), rounds=1
    )
    assert isinstance(timed, Timed)
    assert timed.good
    assert timed.theirs == 3.0
