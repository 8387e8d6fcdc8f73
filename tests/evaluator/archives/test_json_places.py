"""Values are found where the decoder reads them, however the text is written."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evaluator.archives.json_places import (
    LineCounter,
    Step,
    beginning,
    items_of,
    place_of,
    place_of_number,
    place_of_repeated_key,
)

KEYS = st.text(alphabet='ab"\\[]{}:, \n\tä😀\ud800', max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def paths(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Yield every value inside a value with its path."""
    yield path, value
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for step, part in parts:
        yield from paths(part, (*path, step))


@given(value=VALUES, indent=st.sampled_from([None, 1, "\t", "\r\n"]), escapes=st.booleans())
def test_the_decoder_reads_at_every_place_what_the_path_leads_to(
    *, value: Any, indent: int | str | None, escapes: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escapes)
    content = text.encode("utf-8", "surrogatepass")
    start = beginning(content)

    for path, expected in paths(value):
        rest = content[place_of(content, start, *path) :].decode("utf-8", "surrogatepass")
        assert json.JSONDecoder().raw_decode(rest)[0] == expected


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        (' [10, {"a": 11}]', (1, "a"), 12),
        ('{"b": 1, "a" : [2]}', ("a", 0), 16),
        ('{"b": {"a": 1}, "a": 2}', ("a",), 21),
        ('{"b": "\\"a\\": 1", "a": 2}', ("a",), 23),
        ('{"\\u0061": 1}', ("a",), 11),
        ('{"ab": 0, "a": 1}', ("a",), 15),
        ('{"b": {"c": 1}}', ("b", "a", 0), 6),
        ("[1, 2]", (2,), 0),
        ('{"a": [1]}', ("a", "b"), 6),
        ("[1]", ("a",), 0),
        ("7", ("a", 0), 0),
    ],
)
def test_a_path_leads_to_a_place_or_as_far_as_it_goes(
    text: str, path: tuple[Step, ...], place: int
) -> None:
    content = text.encode()

    assert place_of(content, beginning(content), *path) == place


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[]", []),
        ("[ ]", []),
        ("[1,2 , 3]", [1, 3, 7]),
        ('[[1,2],[[3]],{"a":[4]},"],[",null]', [1, 7, 13, 23, 29]),
        ('{"a": 1}', []),
        ('"[1]"', []),
    ],
)
def test_items_are_found_in_lists_alone(text: str, places: list[int]) -> None:
    assert list(items_of(text.encode(), 0)) == places


def test_a_byte_order_mark_is_no_value() -> None:
    assert beginning(b"\xef\xbb\xbf\r\n [1]") == 6


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a":1,"a":2}', 7),
        ('{"a":1,"b":2,"b":3,"a":4}', 13),
        ('[{"a":1},{"a":1},{"b":1,"b":1}]', 24),
        ('{"a":{"a":1,"b":{"a":1}},"a":1}', 25),
        ('{"a":1,"b":{"c":1,"c":1},"a":1}', 18),
        ('{"a":1,"\\u0061":2}', 7),
        ('{"\\u0061":1,"a":2}', 12),
        ('{"b":"a","c":"a","b":"a"}', 17),
        ('{"a":1,"a":2}]]"', 7),
    ],
)
def test_a_repeated_key_is_the_one_that_the_decoder_meets_first(text: str, place: int) -> None:
    assert place_of_repeated_key(text.encode()) == place


def test_keys_of_which_none_is_repeated_have_no_such_place() -> None:
    with pytest.raises(ValueError, match="no key is repeated"):
        place_of_repeated_key(b'[{"a": 1}, {"a": 1}]')


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("[1e999]", "1e999", 1),
        ("[0.1e999, 11e999, -1e999, 1e999]", "1e999", 26),
        ('{"a": 1e9995.5a', "1e9995", 6),
        ('["1e999", {"1e999": 1e999}]', "1e999", 20),
        ("[NaN]", "NaN", 1),
        ('["NaN, \\"NaN", -Infinity, NaN', "NaN", 26),
        ("[1, -Infinity, Infinity]", "Infinity", 15),
        ("[1, -Infinity, Infinity]", "-Infinity", 4),
    ],
)
def test_a_number_is_found_outside_of_strings_and_of_other_numbers(
    text: str, word: str, place: int
) -> None:
    assert place_of_number(text.encode(), word) == place


def test_lines_are_counted_forwards_and_backwards() -> None:
    counter = LineCounter(b"a\r\nb\n\nc")

    assert [counter.line_at(offset) for offset in (0, 3, 6, 5, 4, 3, 2, 0, 6)] == [
        *(1, 2, 4, 3, 2, 2, 1, 1, 4)
    ]
