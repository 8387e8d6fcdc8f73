"""Lines of features and their values, and the end of looking for them."""

from evaluator.forms.feature_lines import FeatureLines

THREE = b"""{"type": "FeatureCollection",
"features": [
{"a": 1,
 "geometry": {"type": "MultiPoint",
  "coordinates": [
   [1, 2],
   [3, 4]]}},
{"a": 2}, {"a":
 3}
]}"""


def test_features_are_found_in_their_collection_and_values_in_them() -> None:
    lines = FeatureLines(THREE, ("features",))

    assert lines.line(1) == 3
    assert lines.line(1, "geometry", "coordinates", 1) == 7
    assert lines.line(1, "geometry", "type") == 4
    assert lines.line(2, "a") == 8
    assert lines.line(3) == 8
    assert lines.line(3, "a") == 9


def test_points_are_found_one_after_the_other() -> None:
    lines = FeatureLines(THREE, ("features",))

    assert [lines.line_of_point(1, index) for index in (0, 1)] == [6, 7]


def test_a_list_and_a_single_feature_need_no_path() -> None:
    assert FeatureLines(b"\n[1,\n2]", ()).line(2) == 3
    assert FeatureLines(b'\xef\xbb\xbf\n{"a":\n1}', ()).line(1) == 2
    assert FeatureLines(b'\xef\xbb\xbf\n{"a":\n1}', ()).line(1, "a") == 3


def test_a_collection_without_a_list_is_its_own_feature() -> None:
    assert FeatureLines(b'{"type": "FeatureCollection"}', ("features",)).line(1) == 1
    assert FeatureLines(b'{"features":\n{"a": 1}}', ("features",)).line(1) == 2


def test_nothing_is_looked_for_once_a_hundred_lines_of_earlier_features_are_told() -> None:
    lines = FeatureLines(b"[\n" + b"1,\n" * 199 + b"1]", ())

    told = [lines.line(number) for number in range(1, 201)]

    assert told[:100] == list(range(2, 102))
    assert told[100:] == [101] * 100


def test_a_feature_that_was_begun_is_told_to_its_end() -> None:
    content = b'[{"geometry": {"coordinates": [' + b"\n1," * 149 + b"\n1]}}]"
    lines = FeatureLines(content, ())

    assert [lines.line_of_point(1, index) for index in range(150)] == list(range(2, 152))
