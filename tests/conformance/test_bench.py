"""The benchmark's clockwork."""

from __future__ import annotations

from conformance.bench.race import Against, Figure, Measured, Race, Timed, run


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
