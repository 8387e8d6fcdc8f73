"""The order in which works are timed, and what becomes of their times; no clock is read."""

from benchmarks.timing import Peer, in_turns, in_words, in_yardsticks, times_over


def test_works_are_timed_in_turns_and_not_one_after_the_other() -> None:
    order = []

    def ours() -> float:
        order.append("ours")
        return 0.25

    def yardstick() -> float:
        order.append("yardstick")
        return 0.5

    taken = in_turns({"ours": ours, "yardstick": yardstick}, repeats=2)

    assert order == ["ours", "yardstick", "ours", "yardstick"]
    assert taken == {"ours": [0.25, 0.25], "yardstick": [0.5, 0.5]}


def test_a_dear_work_drops_out_once_its_time_is_used_up() -> None:
    timers = {"ours": lambda: 1.0, "cheap": lambda: 0.25, "dear": lambda: 2.0}

    taken = in_turns(timers, repeats=4, dear={"cheap": 0.5, "dear": 0.5})

    assert taken == {"ours": [1.0] * 4, "cheap": [0.25, 0.25], "dear": [2.0]}


def test_a_figure_in_yardsticks_is_held_against_the_most_and_has_seconds_for_reading() -> None:
    figure = in_yardsticks("matching", [0.03, 0.02, 0.01], [0.05, 0.05, 0.1], 0.7)

    assert str(figure) == "matching: 0.4 yardsticks, at most 0.7: kept (20 ms)"


def test_a_peer_that_did_a_part_of_its_steps_is_held_against_the_least_with_all_of_them() -> None:
    peer = Peer(lambda: None, part=20, whole=1000, steps="thresholds")

    figure = times_over("curve", [0.001, 0.002, 0.003], [0.4, 0.1, 0.2], peer, 6000)

    assert str(figure) == (
        "curve: 5,000 times, at least 6,000: BROKEN "
        "(2 ms against 10 s, from 20 of 1,000 thresholds)"
    )


def test_durations_are_read_in_seconds_from_one_on_and_in_milliseconds_below() -> None:
    assert in_words(449.2) == "449 s"
    assert in_words(1.0) == "1 s"
    assert in_words(0.0761) == "76.1 ms"
