"""The yardstick's work is the same everywhere, or limits would mean different things."""

from benchmarks.yardstick import do_yardstick


def test_a_yardstick_computes_the_same_on_every_machine() -> None:
    assert do_yardstick() == 699_794_296
