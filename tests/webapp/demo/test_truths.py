from pathlib import Path

from webapp.demo.truths import write_synthetic_data


def test_data_that_are_there_are_not_drawn_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    write_synthetic_data(tmp_path / "data")

    assert list(tmp_path.iterdir()) == [tmp_path / "data"]
    assert list((tmp_path / "data").iterdir()) == []


def test_nothing_unfinished_is_left_beside_the_data(tmp_path: Path) -> None:
    write_synthetic_data(tmp_path / "data")

    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert len(list((tmp_path / "data/camelyon16/testing/images").glob("*.tif"))) == 12
    assert (tmp_path / "data/camelyon17/stages.csv").is_file()
