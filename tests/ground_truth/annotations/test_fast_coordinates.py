import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ground_truth.annotations.asap import read_annotation_list
from ground_truth.annotations.fast_coordinates import ExtractedRings, extract_rings
from ground_truth.annotations.records import AnnotationList
from ground_truth.errors import TruthError
from tests.builders import asap_xml, square

PLAIN = asap_xml([("_0", square(10, 10, 5)), ("_2", square(11.25, 11, 2))])
PLAIN_BLOCK = '<Coordinates><Coordinate Order="0" X="1" Y="2" /></Coordinates>'


def test_plain_blocks_are_lifted_and_lines_kept() -> None:
    lifted = extract_rings(PLAIN.encode())

    assert [ring is not None for ring in lifted.rings] == [True, True]
    assert b"<Coordinate " not in lifted.remainder
    assert lifted.remainder.count(b"\n") == PLAIN.count("\n")


def test_a_block_that_is_not_plain_stays_where_it_is() -> None:
    changed = PLAIN.replace('X="15" Y="15"', 'Y="15" X="15"')

    lifted = extract_rings(changed.encode())

    assert [ring is not None for ring in lifted.rings] == [False, True]
    assert lifted.remainder.count(b"<Coordinate ") == 4


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.replace("<Annotations>", "<!-- <Coordinates></Coordinates> --><Annotations>"),
        PLAIN.replace("<Annotations>", "<?x <Coordinates></Coordinates> ?><Annotations>"),
        PLAIN.replace("Annotation 0", "é"),
    ],
)
def test_files_that_may_hide_tags_are_left_to_the_parser(content: str) -> None:
    assert extract_rings(content.encode()) == ExtractedRings(content.encode(), ())


def outcome(content: bytes) -> object:
    try:
        read = read_annotation_list(content, "a.xml")
    except TruthError as error:
        return str(error)
    return [(a.name, a.group, a.line, a.vertices.tolist()) for a in read.items], read.has_groups


def outcome_without_extraction(content: bytes) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ground_truth.annotations.asap.extract_rings",
            lambda whole: ExtractedRings(whole, ()),
        )
        return outcome(content)


def test_a_second_block_of_one_outline_is_one_problem_however_it_is_read() -> None:
    content = PLAIN.replace("</Coordinates>", "</Coordinates>" + PLAIN_BLOCK, 1).encode()

    assert outcome(content) == "a.xml:10: a second 'Coordinates'"
    assert outcome_without_extraction(content) == "a.xml:10: a second 'Coordinates'"


PIECES = [
    *("<Coordinates>", "</Coordinates>", "<Coordinates", "</Annotation>", "\n", " ", '"', "-", "1"),
    *('<Coordinate Order="0" X="1" Y="2" />', ".", "e", "<", ">", "x", "<!--", "-->", 'Order="1"'),
    *("_", "nan", "/>", "<Annotation PartOfGroup='_0'>", "99999999999"),
]


@settings(max_examples=400, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(PLAIN)), st.integers(0, 12), st.sampled_from(PIECES)),
        min_size=1,
        max_size=3,
    )
)
def test_lifting_changes_neither_what_is_read_nor_what_is_refused(
    cuts: list[tuple[int, int, str]],
) -> None:
    content = PLAIN
    for place, length, piece in cuts:
        content = content[:place] + piece + content[place + length :]

    assert outcome(content.encode()) == outcome_without_extraction(content.encode())


numbers = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False).map(repr),
    st.integers(-(2**21), 2**21).map(str),
    st.sampled_from(["1e5", "+1", "1.", ".5", "-.5e-3", "1e400", "--1", "1e", "", "0x1", "1 "]),
)
orders = st.sampled_from(["0", "1", "2", "3", "02", "-1", "1.0", "+1", "1e0", "", "9999999999"])


@settings(max_examples=300, deadline=None)
@given(vertices=st.lists(st.tuples(orders, numbers, numbers), max_size=4))
def test_numbers_are_taken_as_the_parser_takes_them(vertices: list[tuple[str, str, str]]) -> None:
    block = "\n".join(f'<Coordinate Order="{o}" X="{x}" Y="{y}" />' for o, x, y in vertices)
    start = PLAIN.index("<Coordinates>") + len("<Coordinates>")
    content = PLAIN[:start] + block + PLAIN[PLAIN.index("</Coordinates>") :]

    assert outcome(content.encode()) == outcome_without_extraction(content.encode())


def test_a_list_says_whether_the_file_declares_groups() -> None:
    grouped = read_annotation_list(PLAIN.encode(), "a.xml")
    bare = read_annotation_list(asap_xml([("None", square(0, 0, 9))], groups=()).encode(), "a.xml")

    assert isinstance(grouped, AnnotationList)
    assert (grouped.has_groups, bare.has_groups) == (True, False)
    np.testing.assert_array_equal(grouped.items[0].vertices[2], [15, 15])
