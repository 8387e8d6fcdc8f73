"""Tests measuring, cutting and breaking labels."""

from hypothesis import given, strategies as st

from evaluator.plots.text_fit import cleaned, shortened, width_of, wrapped


def test_forbidden_characters_become_visible_and_blanks_are_joined() -> None:
    assert cleaned(" a\x00b \n\t c\ud800") == "a\ufffdb c\ufffd"


def test_controls_of_direction_are_dropped() -> None:
    assert cleaned("a\u202eb\u2066c\u200f") == "abc"


def test_wide_and_combining_characters_are_measured_as_such() -> None:
    assert width_of("\u6f22", 10) == 10.0
    assert width_of("e\u0301", 10) == width_of("e", 10)
    assert width_of("il", 10) < width_of("mw", 10)


def test_a_text_that_fits_is_left_alone() -> None:
    assert shortened("abc", 100, 10) == "abc"


def test_marks_without_width_do_not_go_on_for_ever() -> None:
    assert len(shortened("e" + "\u0301" * 5000, 100, 10)) <= 201


def test_lines_break_at_blanks_and_the_last_takes_the_rest() -> None:
    assert wrapped("one two three four", 45, 10, 2) == ["one two", "three f\N{HORIZONTAL ELLIPSIS}"]


def test_a_long_word_is_cut() -> None:
    assert wrapped("m" * 50, 50, 10, 3) == ["mmmm\N{HORIZONTAL ELLIPSIS}"]


@given(st.text(), st.integers(min_value=1, max_value=3))
def test_no_line_is_wider_than_asked_for(text: str, most_lines: int) -> None:
    lines = wrapped(text, 80, 10, most_lines)

    assert 1 <= len(lines) <= most_lines
    assert all(width_of(line, 10) <= 80 for line in lines)
