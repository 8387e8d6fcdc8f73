import pytest

from evaluator.archives.strict_json import parsed_json
from evaluator.errors import SubmissionError


def test_honest_json_is_read() -> None:
    text = b'\xef\xbb\xbf{"a": [1, -2.5, 1e3, "x\\"[", true, null], "b": {"a": 1}}'

    assert parsed_json(text, "a.json") == {"a": [1, -2.5, 1000.0, 'x"[', True, None], "b": {"a": 1}}


def test_32_brackets_are_not_too_deep() -> None:
    assert parsed_json(b"[" * 32 + b"]" * 32, "a.json")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b'{\n"a": 1,\n"a": 2}', "bad_json", 3),
        (b'{\n"a": 1, "a": 2,\n"b": "a"}', "bad_json", 2),
        (b"[1,\nNaN]", "bad_json", 2),
        (b"[1,\n-Infinity]", "bad_json", 2),
        (b"[1,\n\n1e999]", "bad_json", 3),
        (b"[1,\n2", "bad_json", 2),
        (b"\n" + b"[" * 33, "bad_json", 2),
        (b"[1]\n\xff", "not_utf8", 2),
        (b'[{"a": 1,\n"a": 2},\n{"a": 3}]', "bad_json", 2),
        (b'{"\\u0061": 1,\r\n"\\u0061":\r\n2}', "bad_json", 2),
        (b'{"a": {\n"b": 1,\n"b": 2},\n"a": 3}', "bad_json", 3),
        (b'["1e999",\n11e99,\n1e999,\n"1e999"]', "bad_json", 3),
        (b"[1,\n1e9990.5]", "bad_json", 2),
        (b"[1,\nNaNa]", "bad_json", 2),
        (b'\xef\xbb\xbf["NaN",\nNaN, NaN, "', "bad_json", 2),
        (b"", "bad_json", 1),
    ],
)
def test_a_fault_is_named_by_its_line(content: bytes, code: str, line: int) -> None:
    with pytest.raises(SubmissionError) as caught:
        parsed_json(content, "a.json")

    (problem,) = caught.value.problems
    assert (str(problem.code), problem.line) == (code, line)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b'{"a": 1, "a": 2}', "'a' is a repeated key; correct it."),
        (b"[NaN]", "'NaN' is no finite number; correct it."),
    ],
)
def test_the_fault_is_told_in_words(content: bytes, detail: str) -> None:
    with pytest.raises(SubmissionError) as caught:
        parsed_json(content, "a.json")

    assert caught.value.problems[0].detail == detail


def test_a_whole_number_beyond_64_bits_is_a_float() -> None:
    assert parsed_json(b"100000000000000000000", "a.json") == 1e20


def test_a_number_of_40_characters_is_read_and_one_of_41_refused_by_its_line() -> None:
    assert parsed_json(b"[0." + b"1" * 38 + b"]", "a.json") == [0.1111111111111111]

    with pytest.raises(SubmissionError) as refused:
        parsed_json(b"[1,\n0." + b"1" * 39 + b"]", "a.json")

    (problem,) = refused.value.problems
    assert (str(problem.code), problem.line) == ("bad_json", 2)
    assert problem.detail == "A number has more than 40 characters; write it shorter."


@pytest.mark.parametrize(
    "text",
    ["1" * 1000, "e" * 41, '\\"' + "2" * 50, "+-" * 30],
    ids=["digits", "e", "quote", "signs"],
)
def test_digits_within_a_text_are_no_number(text: str) -> None:
    assert parsed_json(f'{{"a": "{text}"}}'.encode(), "a.json") == {"a": text.replace('\\"', '"')}


def test_millions_of_digits_are_refused_before_they_are_read() -> None:
    with pytest.raises(SubmissionError) as refused:
        parsed_json(b'{"a": ' + b"7" * 20_000_000 + b"}", "a.json")

    assert "more than 40 characters" in refused.value.problems[0].detail
