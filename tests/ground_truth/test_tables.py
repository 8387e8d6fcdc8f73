import pytest

from ground_truth.errors import TruthError
from ground_truth.names import stem_of
from ground_truth.tables import read_rows, read_table


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("test_001.tif", "test_001"),
        ("Test_001.TIF", "test_001"),
        (" images/tumor_010.xml ", "tumor_010"),
        ("C:\\slides\\a.b.tiff", "a.b"),
        ("patient_000.zip", "patient_000"),
        ("patient_000_node_0", "patient_000_node_0"),
    ],
)
def test_a_name_is_the_stem_in_lower_case(text: str, name: str) -> None:
    assert stem_of(text) == name


@pytest.mark.parametrize("text", ["", ".tif", "..", "a b", "é", "x" * 101, "-x", "a\0"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        stem_of(text)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_endings_blanks_and_empty_lines_are_understood(mark: str, ending: str) -> None:
    text = f"\ufeffa{mark} b {ending}{ending}1{mark}2{ending}"

    rows = read_rows(text.encode(), "t.csv")

    assert [(row.line, row.cells) for row in rows] == [(1, ("a", "b")), (3, ("1", "2"))]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,\xff\n", "t.csv:2: not UTF-8 text"),
        (b'a,b\n"1,2\n', "t.csv:2: not readable as CSV"),
        (b"", "t.csv: empty"),
        (b"a,A\n1,2\n", "t.csv:1: column 'a' comes twice"),
        (b"a,b\n1\n1,2,3\n", "t.csv:2: has 1 cells where 2 are expected\nt.csv:3: has 3 cells"),
        (b"a," * 20_000_000, "larger than 20 MB"),
    ],
)
def test_unreadable_tables_are_refused_by_line(content: bytes, words: str) -> None:
    with pytest.raises(TruthError) as caught:
        read_table(content, "t.csv", {"a": ("a",)})

    assert words in str(caught.value)
