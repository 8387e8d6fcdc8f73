from webapp.server.pace import LeastRate, Pace

LEAST = LeastRate(bytes_a_second=100, grace_seconds=5)


def test_a_client_that_sends_nothing_has_the_grace() -> None:
    pace = Pace(LEAST)
    pace.waited(4.9)
    assert not pace.is_too_slow
    pace.waited(0.2)
    assert pace.is_too_slow


def test_whoever_keeps_the_least_rate_may_go_on_for_ever() -> None:
    pace = Pace(LEAST)
    for _ in range(1000):
        pace.waited(1)
        pace.moved(101)
    assert not pace.is_too_slow


def test_whoever_stays_below_it_is_too_slow_after_one_grace() -> None:
    pace = Pace(LEAST)
    for _ in range(5):
        pace.waited(1)
        pace.moved(99)
    assert pace.is_too_slow


def test_a_quick_beginning_buys_no_long_pause() -> None:
    pace = Pace(LEAST)
    pace.moved(1_000_000)
    pace.waited(5.1)
    assert pace.is_too_slow
