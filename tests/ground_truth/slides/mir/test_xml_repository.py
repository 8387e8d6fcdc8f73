import logging
from pathlib import Path

import pytest

from ground_truth.errors import TruthError
from ground_truth.slides import mir

ASAP = """\
<?xml version="1.0"?>
<ASAP_Annotations>
\t<Annotations>
\t\t<Annotation Name="Annotation 0" Type="Polygon" PartOfGroup="metastases" Color="#F4FA58">
\t\t\t<Coordinates>
\t\t\t\t<Coordinate Order="1" X="20.5" Y="10" />
\t\t\t\t<Coordinate Order="0" X="12711.2998" Y="10" />
\t\t\t</Coordinates>
\t\t</Annotation>
\t\t<Annotation Name="" Type="Circle" PartOfGroup="None" />
\t</Annotations>
\t<AnnotationGroups>
\t\t<Group Name="metastases" PartOfGroup="all" Color="#ff0000">
\t\t\t<Attributes>
\t\t\t\t<Attribute kind="lesion" />
\t\t\t</Attributes>
\t\t</Group>
\t\t<Group Name="all" PartOfGroup="None" />
\t</AnnotationGroups>
</ASAP_Annotations>
"""


def repository(path: Path) -> tuple[mir.AnnotationList, mir.XmlRepository]:
    annotations = mir.AnnotationList()
    made = mir.XmlRepository(annotations)
    made.setSource(path)
    return annotations, made


def load(path: Path, text: str) -> tuple[mir.AnnotationList, bool]:
    path.write_text(text)
    annotations, source = repository(path)
    return annotations, source.load()


def test_a_file_is_read_with_groups_colours_and_points(tmp_path: Path) -> None:
    annotations, is_loaded = load(tmp_path / "a.xml", ASAP)

    first, second = annotations.getAnnotations()
    metastases, everything = annotations.getGroups()
    assert is_loaded
    assert first.getName() == "Annotation 0"
    assert (first.getType(), first.getTypeAsString()) == (mir.Annotation.Type_POLYGON, "Polygon")
    assert first.getGroup() is metastases
    assert [(point.getX(), point.getY()) for point in first.getCoordinates()] == [
        (12711.2998046875, 10),
        (20.5, 10),
    ]
    assert (second.getGroup(), second.getColor(), second.getTypeAsString()) == (
        None,
        "#F4FA58",
        "None",
    )
    assert (metastases.getName(), metastases.getColor()) == ("metastases", "#ff0000")
    assert metastases.getGroup() is everything
    assert metastases.getAttributes() == {"kind": "lesion"}
    assert (everything.getGroup(), everything.getAttributes()) == (None, {})


def test_loading_again_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(ASAP)
    annotations, source = repository(tmp_path / "a.xml")

    source.load()
    source.load()

    assert len(annotations.getAnnotations()) == 2
    assert len(annotations.getGroups()) == 2


def test_of_two_groups_of_one_name_the_last_counts(tmp_path: Path) -> None:
    text = ASAP.replace('"all" PartOfGroup="None"', '"metastases" PartOfGroup="None"')

    annotations, _ = load(tmp_path / "a.xml", text)

    annotation = annotations.getAnnotation(0)
    assert annotation is not None
    assert annotation.getGroup() is annotations.getGroup(1)


def test_a_parent_that_is_not_declared_is_none_and_its_name_no_group(tmp_path: Path) -> None:
    text = ASAP.replace('PartOfGroup="all"', 'PartOfGroup="gone"').replace(
        'PartOfGroup="None" />\n\t</Annotations>', 'PartOfGroup="gone" />\n\t</Annotations>'
    )

    annotations, is_loaded = load(tmp_path / "a.xml", text)

    assert is_loaded
    assert [annotation.getGroup() for annotation in annotations.getAnnotations()] == [
        annotations.getGroup("metastases"),
        None,
    ]
    assert [group.getGroup() for group in annotations.getGroups()] == [None, None]


def test_an_undeclared_group_empties_the_list(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = ASAP.replace('PartOfGroup="None" />\n\t</Annotations>', 'PartOfGroup="x" />')

    with caplog.at_level(logging.WARNING):
        annotations, is_loaded = load(tmp_path / "a.xml", text)

    assert not is_loaded
    assert (annotations.getAnnotations(), annotations.getGroups()) == ((), ())
    assert "a.xml: an annotation is in no declared group" in caplog.text


def test_a_file_that_is_cut_off_gives_what_stands_before(tmp_path: Path) -> None:
    text = ASAP.replace('PartOfGroup="metastases"', 'PartOfGroup="None"')

    annotations, is_loaded = load(tmp_path / "a.xml", text[: text.index('<Annotation Name=""')])

    assert is_loaded
    assert [annotation.getName() for annotation in annotations.getAnnotations()] == ["Annotation 0"]


def test_a_file_that_is_not_there_counts_as_empty_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    annotations, source = repository(tmp_path / "a.xml")

    with caplog.at_level(logging.WARNING):
        is_loaded = source.load()

    assert is_loaded
    assert annotations.getAnnotations() == ()
    assert "a.xml counts as empty: No such file or directory" in caplog.text


def test_what_crashes_asap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"a\.xml: Order 7 in annotation 'Annotation 0'"):
        load(tmp_path / "a.xml", ASAP.replace('Order="1"', 'Order="7"'))


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    text = ASAP.replace("Annotation 0", "a &lt;&quot;b&quot; \N{LATIN SMALL LETTER E WITH ACUTE}")
    annotations, _ = load(tmp_path / "a.xml", text)
    taker = mir.XmlRepository(annotations)
    taker.setSource(str(tmp_path / "b.xml"))

    is_saved = taker.save()

    read, _ = load(tmp_path / "c.xml", (tmp_path / "b.xml").read_text("utf-8"))
    first, second = read.getAnnotations()
    assert is_saved
    assert first.getName() == 'a <"b" \N{LATIN SMALL LETTER E WITH ACUTE}'
    assert [(point.getX(), point.getY()) for point in first.getCoordinates()] == [
        (12711.2998046875, 10),
        (20.5, 10),
    ]
    assert first.getGroup() is read.getGroup("metastases")
    assert (second.getGroup(), second.getTypeAsString()) == (None, "None")
    group = read.getGroup("metastases")
    assert group is not None
    assert (group.getColor(), group.getAttributes()) == ("#ff0000", {"kind": "lesion"})
    assert group.getGroup() is read.getGroup("all")


def test_a_file_is_saved_as_asap_writes_it(tmp_path: Path) -> None:
    annotations, _ = load(tmp_path / "a.xml", ASAP)
    saver = mir.XmlRepository(annotations)
    saver.setSource(tmp_path / "b.xml")

    saver.save()

    lines = (tmp_path / "b.xml").read_text().splitlines()
    heading = 'Name="Annotation 0" Type="Polygon" PartOfGroup="metastases" Color="#F4FA58"'
    assert lines[:7] == [
        '<?xml version="1.0"?>',
        "<ASAP_Annotations>",
        "\t<Annotations>",
        f"\t\t<Annotation {heading}>",
        "\t\t\t<Coordinates>",
        '\t\t\t\t<Coordinate Order="0" X="12711.2998" Y="10" />',
        '\t\t\t\t<Coordinate Order="1" X="20.5" Y="10" />',
    ]


def test_saving_where_nothing_can_be_written_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    annotations, _ = load(tmp_path / "a.xml", ASAP)
    saver = mir.XmlRepository(annotations)
    (tmp_path / "folder").mkdir()

    with caplog.at_level(logging.WARNING):
        for place in (tmp_path / "folder", tmp_path / "not" / "b.xml"):
            saver.setSource(place)
            assert not saver.save()

    assert caplog.text.count("cannot be written") == 2
    assert {path.name for path in tmp_path.iterdir()} == {"a.xml", "folder"}
