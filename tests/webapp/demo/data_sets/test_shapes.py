import numpy as np

from webapp.demo.data_sets.shapes import Blob, depth, outline, wavy_blob


def test_the_rim_of_a_circle_lies_at_its_radius() -> None:
    vertices = outline(Blob(100.0, 50.0, 10.0, 10.0), 4)

    np.testing.assert_allclose(vertices, [(110, 50), (100, 60), (90, 50), (100, 40)])


def test_depth_is_the_radius_at_the_centre_and_zero_on_the_rim() -> None:
    blob = Blob(100.0, 50.0, 10.0, 10.0)

    found = depth(blob, np.array([100.0, 110.0, 115.0]), np.array([50.0, 50.0, 50.0]))

    np.testing.assert_allclose(found, [10.0, 0.0, -5.0])


def test_what_is_painted_and_what_is_outlined_is_the_same_shape() -> None:
    blob = wavy_blob(np.random.default_rng(3), (5_000.0, 4_000.0), (900.0, 600.0), swing=0.3)

    vertices = outline(blob, 100)

    # Vertices are rounded to a tenth of a pixel.
    assert np.abs(depth(blob, vertices[:, 0], vertices[:, 1])).max() < 0.1
