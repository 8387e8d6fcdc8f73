import re

import pytest
from hypothesis import given, strategies as st

from ground_truth.data_set.paths import relative_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("images/tumor_001.tif", "images/tumor_001.tif"),
        ("./images/a..b.tif", "images/a..b.tif"),
        ("read me.txt", "read me.txt"),
    ],
)
def test_a_plain_path_stays_as_it_is(text: str, expected: str) -> None:
    assert str(relative_path(text)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/etc/passwd", "leads out"),
        ("../secret", "leads out"),
        ("images/../../secret", "leads out"),
        ("C:/windows", "leads out"),
        ("images\\..\\secret", "backslash"),
        ("a\0b", "control character"),
        ("a\nb", "control character"),
        ("a\x1b[2J", "control character"),
        ("", "empty name"),
        ("images//a", "empty name"),
        ("images/./a", "empty name"),
        ("images/", "empty name"),
        ("a" * 256, "too long"),
        ("a/" * 600, "too long"),
    ],
)
def test_a_path_that_leaves_its_folder_or_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        relative_path(text)


@given(st.text(st.sampled_from("./a\\:~"), max_size=12))
def test_whatever_is_taken_stays_below(text: str) -> None:
    try:
        parts = relative_path(text).parts
    except ValueError:
        return

    assert parts
    assert not {"..", "/", ""} & set(parts)
