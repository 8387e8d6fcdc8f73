import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from ground_truth.annotations import asap
from ground_truth.annotations.asap import read_annotations
from ground_truth.annotations.groups import CAMELYON_ROLES, outlines_by_role
from ground_truth.errors import TruthError
from tests.builders import asap_xml, square

PLAIN = asap_xml([("_0", square(10, 10, 5)), ("_2", square(11, 11, 2))])


def problems_of(content: str | bytes, *, with_roles: bool = False) -> list[str]:
    """Return the problems of a file as the lines that organisers see."""
    encoded = content.encode() if isinstance(content, str) else content
    with pytest.raises(TruthError) as caught:
        read_annotations(encoded, "a.xml", CAMELYON_ROLES.known_groups if with_roles else None)
    return str(caught.value).splitlines()


def test_annotations_are_read_in_document_order() -> None:
    first, second = read_annotations(PLAIN.encode(), "a.xml")

    assert (first.name, first.group, first.type, first.line) == ("Annotation 0", "_0", "Polygon", 4)
    assert second.group == "_2"
    assert first.vertices.tolist() == [[10, 10], [15, 10], [15, 15], [10, 15]]


def test_vertices_are_kept_in_single_precision() -> None:
    content = PLAIN.replace('X="15" Y="15"', 'X="12711.29981234" Y="15.1"')

    (annotation, _) = read_annotations(content.encode(), "a.xml")

    assert annotation.vertices.dtype == np.float32
    assert annotation.vertices[2].tolist() == [12711.2998046875, 15.100000381469727]


def test_vertices_go_where_their_order_says() -> None:
    content = PLAIN.replace('Order="0" X="10"', 'Order="9" X="10"')
    content = content.replace('Order="3" X="10"', 'Order="0" X="10"')
    content = content.replace('Order="9"', 'Order="3"')

    (annotation, _) = read_annotations(content.encode(), "a.xml")

    assert annotation.vertices[0].tolist() == [10, 15]
    assert annotation.vertices[3].tolist() == [10, 10]


@pytest.mark.parametrize("text", ["1e2", "+100", "100.", "1.0E+02", "0100", "100.00000000000001"])
def test_plain_decimal_numbers_are_read(text: str) -> None:
    content = PLAIN.replace('X="15" Y="15"', f'X="{text}" Y=".5"')

    (annotation, _) = read_annotations(content.encode(), "a.xml")

    assert annotation.vertices[2].tolist() == [100, 0.5]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 15",
        "15px",
        "100,75",
        "0x190",
        "nan",
        "inf",
        "-Infinity",
        "1_0",
        "\u0661",
        "1e9999",
        ".",
    ],
)
def test_any_other_number_is_refused_with_its_line(text: str) -> None:
    (problem,) = problems_of(PLAIN.replace('X="15" Y="15"', f'X="{text}" Y="15"'))

    assert problem.startswith("a.xml:8: ")


def test_a_vertex_beyond_any_slide_is_refused() -> None:
    assert problems_of(PLAIN.replace('X="15" Y="15"', 'X="15" Y="-1048576"')) == [
        "a.xml:8: Y -1048576 is 2^20 pixels or more from 0"
    ]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("", "a vertex has no Order"),
        ('Order="1"', "Order 1 is used twice in one outline"),
        ('Order="4"', "Order 4 is beyond the 4 vertices of its outline"),
        ('Order="-2"', "Order '-2' is not a whole number from 0"),
        ('Order="2.0"', "Order '2.0' is not a whole number from 0"),
        ('Order="99999999999"', "Order '99999999999' is not a whole number from 0"),
    ],
)
def test_a_wrong_order_is_refused(order: str, words: str) -> None:
    content = PLAIN.replace('Order="2" X="15" Y="15"', f'{order} X="15" Y="15"')

    assert problems_of(content) == [f"a.xml:8: {words}"]


def test_missing_coordinates_are_refused() -> None:
    assert problems_of(PLAIN.replace('X="15" Y="15"', "")) == [
        "a.xml:8: a vertex has no X",
        "a.xml:8: a vertex has no Y",
    ]


def test_every_problem_of_a_file_is_listed_by_line() -> None:
    content = asap_xml(
        [("Foo", square(10, 10, 5)), ("_0", square(0, 0, 9)), ("_9", square(0, 0, 9))],
        groups=("_0", "_9"),
    )
    content = content.replace('X="15" Y="15"', 'X="15,5" Y="15"')
    content = content.replace('Order="3" X="0" Y="9"', 'Order="0" X="0" Y="9"', 1)

    assert problems_of(content, with_roles=True) == [
        "a.xml:4: group 'Foo' is not declared in the file",
        "a.xml:8: X '15,5' is not a plain decimal number",
        "a.xml:17: Order 0 is used twice in one outline",
        "a.xml:20: group '_9' has no role here (see --labels)",
    ]


def test_an_annotation_without_part_of_group_is_refused() -> None:
    assert problems_of(PLAIN.replace(' PartOfGroup="_2"', "")) == [
        "a.xml:12: the annotation has no PartOfGroup"
    ]


def test_a_group_without_a_name_is_refused() -> None:
    assert problems_of(PLAIN.replace('<Group Name="_1"', "<Group")) == [
        "a.xml:23: a group has no Name"
    ]


def test_annotations_in_no_group_are_set_aside_by_name() -> None:
    content = asap_xml([("None", square(0, 0, 9)), ("_1", square(1, 1, 3)), ("_2", [(1, 1)])])

    outlines = outlines_by_role(
        read_annotations(content.encode(), "a.xml", CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )

    assert outlines.ignored == ("Annotation 0",)
    assert [ring.shape for ring in outlines.tumour] == [(4, 2)]
    assert [ring.shape for ring in outlines.cut_out] == [(1, 2)]


@pytest.mark.parametrize(
    ("group", "role"),
    [
        ("_0", "tumour"),
        ("_1", "tumour"),
        ("Tumor", "tumour"),
        ("metastases", "tumour"),
        ("_2", "cut_out"),
        ("Exclusion", "cut_out"),
        ("normal", "cut_out"),
    ],
)
def test_each_group_of_the_data_sets_has_a_role(group: str, role: str) -> None:
    content = asap_xml([(group, square(0, 0, 9))], groups=(group,))

    outlines = outlines_by_role(
        read_annotations(content.encode(), "a.xml", CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )

    assert len(getattr(outlines, role)) == 1
    assert len(outlines.tumour) + len(outlines.cut_out) == 1


@pytest.mark.parametrize("group", ["tumor", "TUMOR", " _0", "Metastases", "_3"])
def test_groups_are_matched_to_the_letter(group: str) -> None:
    content = asap_xml([(group, square(0, 0, 9))], groups=(group,))

    assert problems_of(content, with_roles=True) == [
        f"a.xml:4: group {group!r} has no role here (see --labels)"
    ]


def test_text_between_vertices_is_refused() -> None:
    assert problems_of(PLAIN.replace("</Coordinates>", "stray</Coordinates>", 1)) == [
        "a.xml:10: text between the vertices: 'stray'"
    ]


def test_comments_attributes_and_empty_outlines_are_harmless() -> None:
    content = PLAIN.replace("<Coordinates>", "<Attributes><A>word</A></Attributes><Coordinates>", 1)
    content = content.replace("</Coordinates>", "<!-- x --><?pi?></Coordinates>")
    content = content.replace("</Annotations>", '<Annotation PartOfGroup="None" /></Annotations>')

    annotations = read_annotations(content.encode(), "a.xml")

    assert [len(annotation.vertices) for annotation in annotations] == [4, 4, 0]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("<Coordinates>", "<Coordinates><Point X='1' Y='2' Order='0' />", "'Point'"),
        ("<Annotations>", "<Annotations><Note />", "'Note'"),
        ("</ASAP_Annotations>", "<More /></ASAP_Annotations>", "'More'"),
        ("</ASAP_Annotations>", "<Annotations /></ASAP_Annotations>", "a second 'Annotations'"),
        ("</Annotation>", "<Coordinates /></Annotation>", "a second 'Coordinates'"),
        ("</AnnotationGroups>", "<Grp Name='x' /></AnnotationGroups>", "'Grp'"),
    ],
)
def test_elements_out_of_place_are_refused(before: str, after: str, words: str) -> None:
    (problem,) = problems_of(PLAIN.replace(before, after, 1))

    assert words in problem


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_encodings_are_read(codec: str) -> None:
    content = PLAIN.replace("Annotation 0", "Métastase").encode(codec)

    assert read_annotations(content, "a.xml")[0].name == "Métastase"


def test_a_declared_eight_bit_encoding_is_read() -> None:
    content = PLAIN.replace('"1.0"', '"1.0" encoding="ISO-8859-1"').replace("_0", "é")

    assert read_annotations(content.encode("latin-1"), "a.xml")[0].group == "é"


HOSTILE = {
    "empty": b"",
    "garbage": b"\x89PNG\r\n\x1a\n",
    "cut off": PLAIN[:500].encode(),
    "mismatched": PLAIN.replace("</Annotation>", "</Annotations>").encode(),
    "another root": b"<Annotations><Annotation /></Annotations>",
    "undeclared latin-1": PLAIN.replace("_0", "é").encode("latin-1"),
    "unknown encoding": PLAIN.replace('"1.0"', '"1.0" encoding="klingon"').encode(),
    "not a text encoding": PLAIN.replace('"1.0"', '"1.0" encoding="hex"').encode(),
    "multi-byte encoding": PLAIN.replace('"1.0"', '"1.0" encoding="shift_jis"').encode(),
    "NUL": PLAIN.replace("_0", "\0").encode(),
    "doctype": PLAIN.replace("<ASAP", "<!DOCTYPE a><ASAP", 1).encode(),
    "entity bomb": (
        '<!DOCTYPE a [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY b{i} "{f"&b{i - 1};" * 10 if i else "&a;"}">' for i in range(30))
        + "]><ASAP_Annotations>&b29;</ASAP_Annotations>"
    ).encode(),
    "external entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "200,000 deep": b"<ASAP_Annotations>" + b"<a>" * 200_000,
    "60 MB": b"<ASAP_Annotations>" + b" " * 60_000_000,
    "long text": b"<ASAP_Annotations>" + b"x" * 9_900_000,
    "long comment": b"<ASAP_Annotations><!-- " + b"x" * 9_900_000,
    "700,000 annotations": (
        b"<ASAP_Annotations><Annotations>"
        + b"<Annotation/>" * 700_000
        + b"</Annotations></ASAP_Annotations>"
    ),
    "700,000 vertices without a place": PLAIN.replace(
        "</Coordinates>", "<Coordinate/>" * 700_000 + "</Coordinates>", 1
    ).encode(),
    "2,000,000 groups": PLAIN.replace("<Group ", "<a/>" * 2_000_000 + "<Group ", 1).encode(),
    "twice the same attribute": PLAIN.replace('X="15"', 'X="15" X="16"').encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_clear_error_at_once(name: str) -> None:
    started = time.process_time()

    problems = problems_of(HOSTILE[name])

    assert time.process_time() - started < 2.0
    assert problems[0].startswith("a.xml")
    assert all(len(problem) < 200 for problem in problems)


WORST = """
import re, sys, time
from ground_truth.annotations.asap import CONTENT_LIMIT_BYTES, read_annotations
from ground_truth.errors import TruthError
line = b'<Coordinate Order="%d" ' + sys.argv[1].encode() + b' Y="98765.4" />\\n'
ring = b"".join(line % order for order in range(CONTENT_LIMIT_BYTES // 60))
content = sys.stdin.buffer.read().replace(b"</Coordinates>", ring + b"</Coordinates>", 1)
del ring
started = time.process_time()
try:
    read_annotations(content, "a.xml")
except TruthError:
    pass
print(time.process_time() - started)
# The peak of this process alone: getrusage would give that of the process it was forked from.
print(int(re.search(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())[1]) / 1024)
"""


@pytest.mark.parametrize("plain", [PLAIN, asap_xml([("_0", [])])], ids=["mixed", "alone"])
@pytest.mark.parametrize("x", ['X="12345.6"', 'X=" 1234.5"', "X='12345.6'", 'X="1"'])
def test_no_file_takes_more_than_2_seconds_or_200_mb(plain: str, x: str) -> None:
    command = [sys.executable, "-c", WORST, x]

    ran = subprocess.run(command, input=plain, capture_output=True, text=True, check=True)

    seconds, peak_mib = map(float, ran.stdout.split())
    assert seconds < 2.0
    assert peak_mib < 190  # 200 MB


def test_a_tag_that_never_ends_is_refused_as_such() -> None:
    problems = problems_of(b'<ASAP_Annotations a="' + b"x" * 9_900_000)

    assert problems == ["a.xml:1: a tag is longer than 1 MB"]


def test_a_file_of_several_pieces_is_read_whole() -> None:
    ring = [(float(x), 0.0) for x in range(60_000)]

    (annotation,) = read_annotations(asap_xml([("_0", ring)]).encode(), "a.xml")

    assert annotation.vertices[:, 0].tolist() == list(range(60_000))


def test_deep_nesting_is_refused_as_such() -> None:
    deep = "<Attributes>" + "<a>" * 200_000 + "</a>" * 200_000 + "</Attributes>"

    problems = problems_of(PLAIN.replace("<Coordinates>", deep + "<Coordinates>", 1))

    assert problems == ["a.xml:5: elements are nested more than 16 deep"]


def test_a_large_file_full_of_faults_lists_the_first_hundred_and_counts_the_rest() -> None:
    content = PLAIN.replace("</Coordinates>", "<Coordinate />" * 50_000 + "</Coordinates>", 1)

    problems = problems_of(content)

    assert len(problems) == asap.PROBLEM_LIMIT + 1
    assert problems[-1] == "a.xml: and 149900 more problems"


@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_annotations(b"<ASAP_Annotations>" + content, "a.xml")
    except TruthError as error:
        assert error.problems  # noqa: PT017 - either outcome is right


def test_the_real_file_of_camelyon17_is_read(shared: Path) -> None:
    path = shared / "data" / "camelyon17" / "patient_004_node_4.xml"

    outlines = outlines_by_role(
        read_annotations(path.read_bytes(), path.name, CAMELYON_ROLES.known_groups), CAMELYON_ROLES
    )

    assert len(outlines.tumour) == 3
    assert outlines.tumour[0][0].tolist() == [12711.2998046875, 88778.1015625]


@pytest.mark.parametrize(
    "name",
    [
        *("22_latin1_undeclared", "23_numbers", "24b_order_missing", "24c_order_dup"),
        *("24d_order_1based", "24e_order_far", "24f_order_neg", "24g_text_in_coords"),
        *("25a_undef_group", "25b_no_group_attr", "25d_no_root", "26a_truncated"),
        *("26b_mismatch", "26c_garbage", "26d_zero", "26f_dtd"),
    ],
)
def test_what_asap_turns_silently_into_another_mask_is_refused(shared: Path, name: str) -> None:
    path = shared / "oracles" / "asap" / "xml" / f"{name}.xml"

    with pytest.raises(TruthError, match=rf"{path.name}:[0-9]+: "):
        read_annotations(path.read_bytes(), path.name)
