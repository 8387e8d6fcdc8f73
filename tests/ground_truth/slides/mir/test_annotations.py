import pytest

from ground_truth.slides import mir


def polygon(*corners: tuple[float, float]) -> mir.Annotation:
    annotation = mir.Annotation()
    for corner in corners:
        annotation.addCoordinate(*corner)
    return annotation


def places(annotation: mir.Annotation) -> list[tuple[float, float]]:
    return [(point.getX(), point.getY()) for point in annotation.getCoordinates()]


def test_a_point_is_kept_in_single_precision() -> None:
    point = mir.Point(0.1, 1e300)

    assert (point.getX(), point.getY()) == (0.10000000149011612, float("inf"))
    assert (mir.Point().getX(), mir.Point().getY()) == (0.0, 0.0)


def test_an_annotation_begins_as_in_asap() -> None:
    annotation = mir.Annotation()

    assert annotation.getName() == ""
    assert annotation.getColor() == "#F4FA58"
    assert annotation.getGroup() is None
    assert (annotation.getType(), annotation.getTypeAsString()) == (0, "None")
    assert annotation.getCoordinates() == ()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (mir.Annotation.Type_NONE, "None"),
        (mir.Annotation.Type_DOT, "Dot"),
        (mir.Annotation.POLYGON, "Polygon"),
        (mir.Annotation.Type_SPLINE, "Spline"),
        (mir.Annotation.POINTSET, "PointSet"),
        (mir.Annotation.Type_MEASUREMENT, "Measurement"),
        (mir.Annotation.RECTANGLE, "Rectangle"),
    ],
)
def test_types_have_numbers_and_names(number: int, name: str) -> None:
    by_number, by_name = mir.Annotation(), mir.Annotation()

    by_number.setType(number)
    by_name.setTypeFromString(name)

    assert by_number.getTypeAsString() == name
    assert by_name.getType() == number


def test_a_type_that_is_none_is_refused_or_left_out() -> None:
    annotation = mir.Annotation()
    annotation.setType(mir.Annotation.Type_DOT)

    annotation.setTypeFromString("Circle")

    assert annotation.getTypeAsString() == "Dot"
    for number in (-1, 7):
        with pytest.raises(ValueError, match=f"type {number}"):
            annotation.setType(number)


def test_points_are_given_as_copies() -> None:
    annotation = polygon((1, 2), (3, 4))

    annotation.getCoordinates()[0].setX(9)
    annotation.getCoordinate(-1).setY(9)

    assert places(annotation) == [(1, 2), (3, 4)]


def test_points_are_added_replaced_and_removed() -> None:
    annotation = polygon((1, 2))

    annotation.addCoordinate(mir.Point(3, 4))
    added = places(annotation)
    annotation.setCoordinates([mir.Point(5, 6)])
    replaced = places(annotation)
    annotation.clearCoordinates()

    assert added == [(1, 2), (3, 4)]
    assert replaced == [(5, 6)]
    assert annotation.getNumberOfPoints() == 0


def test_area_and_box_are_those_of_the_ring() -> None:
    annotation = polygon((10, 20), (14, 20), (14, 23), (10, 23))

    upper_left, lower_right = annotation.getImageBoundingBox()

    assert annotation.getArea() == 12
    assert (upper_left.getX(), upper_left.getY()) == (10, 20)
    assert (lower_right.getX(), lower_right.getY()) == (14, 23)


def test_without_points_area_and_box_are_0() -> None:
    upper_left, lower_right = mir.Annotation().getImageBoundingBox()

    assert mir.Annotation().getArea() == 0
    assert (upper_left.getX(), lower_right.getY()) == (0, 0)


def test_a_group_holds_annotations_groups_and_attributes() -> None:
    outer, inner, annotation = mir.AnnotationGroup(), mir.AnnotationGroup(), mir.Annotation()
    outer.setName("outer")
    outer.setAttributes({"a": "1"})

    outer.addMember(inner)
    inner.addMember(annotation)
    outer.getAttributes()["a"] = "2"

    assert annotation.getGroup() is inner
    assert inner.getGroup() is outer
    assert outer.getAttributes() == {"a": "1"}
    annotation.setGroup(None)
    assert annotation.getGroup() is None


def test_a_list_finds_by_place_and_by_name() -> None:
    annotations = mir.AnnotationList()
    for name in ("a", "b", "a"):
        annotation, group = mir.Annotation(), mir.AnnotationGroup()
        annotation.setName(name)
        group.setName(name)
        assert annotations.addAnnotation(annotation)
        assert annotations.addGroup(group)

    first, second, third = annotations.getAnnotations()
    groups = annotations.getGroups()

    assert annotations.getAnnotation("a") is annotations.getAnnotation(0) is first
    assert annotations.getAnnotation("b") is second
    assert annotations.getAnnotation(-1) is third
    assert annotations.getAnnotation("c") is None
    assert annotations.getGroup("b") is annotations.getGroup(1) is groups[1]
    with pytest.raises(IndexError):
        annotations.getGroup(3)


def test_a_list_removes_and_replaces() -> None:
    annotations = mir.AnnotationList()
    first, second, group = mir.Annotation(), mir.Annotation(), mir.AnnotationGroup()
    second.setName("b")
    annotations.setAnnotations([first, second])
    annotations.setGroups([group])

    annotations.removeAnnotation("c")
    annotations.removeAnnotation("b")
    assert annotations.getAnnotations() == (first,)
    annotations.removeAnnotation(0)
    annotations.removeGroup(-1)

    assert annotations.getAnnotations() == ()
    assert annotations.getGroups() == ()


def test_containers_are_those_of_c_plus_plus_and_of_python() -> None:
    spacing = mir.vector_double()
    assert spacing.empty()

    spacing.push_back(0.25)
    spacing.append(0.5)

    assert spacing == [0.25, 0.5]
    assert (spacing.size(), len(spacing), spacing.empty()) == (2, 2, False)
    assert mir.map_string_int({"a": 1})["a"] == 1
    assert [mir.vector_int([1]), mir.vector_float([0.5]), mir.vector_string(["a"])] == [
        [1],
        [0.5],
        ["a"],
    ]


def test_a_monitor_keeps_what_it_is_told() -> None:
    monitor = mir.CmdLineProgressMonitor()
    at_first = monitor.progress(), monitor.maximumProgress(), monitor.status()

    monitor.setMaximumProgress(7)
    monitor.setProgress(3)
    monitor.setStatus("busy")

    assert at_first == (0, 100, "")
    assert (monitor.progress(), monitor.maximumProgress(), monitor.status()) == (3, 7, "busy")
