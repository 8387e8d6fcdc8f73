"""Quotients of medians, the line of a figure, and the exit status that figures deserve."""

import pytest

from benchmarks.judging import Figure, exit_status, quotient

KEPT = Figure("reading", 1.5, "yardsticks", 2.0)
BROKEN = Figure("reading", 2.5, "yardsticks", 2.0)


def test_a_quotient_is_of_medians_so_that_one_slow_run_moves_nothing() -> None:
    assert quotient([0.3, 0.1, 9.0], [0.6, 0.6, 7.0]) == 0.5


@pytest.mark.parametrize(
    ("ours", "theirs"), [([], [1.0]), ([1.0], []), ([1.0], [0.0]), ([-0.01], [1.0])]
)
def test_a_side_without_a_time_above_zero_has_no_quotient(
    ours: list[float], theirs: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"never timed|no times"):
        quotient(ours, theirs)


def test_a_limit_itself_is_kept_from_both_sides() -> None:
    assert Figure("matching", 2.0, "yardsticks", 2.0).is_kept
    assert Figure("loop", 2.0, "times", 2.0, is_least=True).is_kept


def test_more_than_the_most_and_less_than_the_least_are_broken() -> None:
    assert not Figure("matching", 2.01, "yardsticks", 2.0).is_kept
    assert not Figure("loop", 1.99, "times", 2.0, is_least=True).is_kept


def test_a_figure_that_is_no_number_is_broken() -> None:
    assert not Figure("matching", float("nan"), "yardsticks", 2.0).is_kept
    assert not Figure("loop", float("nan"), "times", 2.0, is_least=True).is_kept


def test_a_line_tells_what_its_figure_its_limit_the_verdict_and_seconds_for_reading() -> None:
    most = Figure("matching", 0.1234, "yardsticks", 0.3, reading="7.2 ms")
    least = Figure("loop", 12_345.6, "times", 20_000, is_least=True)

    assert str(most) == "matching: 0.123 yardsticks, at most 0.3: kept (7.2 ms)"
    assert str(least) == "loop: 12,346 times, at least 20,000: BROKEN"


def test_the_exit_status_is_zero_where_every_limit_is_kept() -> None:
    assert exit_status([KEPT, KEPT]) == 0


def test_the_exit_status_is_one_where_any_limit_is_broken_and_all_figures_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_status([KEPT, BROKEN, KEPT]) == 1

    assert capsys.readouterr().out.splitlines() == [
        "reading: 1.5 yardsticks, at most 2: kept",
        "reading: 2.5 yardsticks, at most 2: BROKEN",
        "reading: 1.5 yardsticks, at most 2: kept",
    ]


def test_a_benchmark_that_measured_nothing_fails() -> None:
    assert exit_status([]) == 1
