import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ground_truth.conversion.making import MaskOrder, MaskStyle, make_masks
from ground_truth.masks.layout import Codec, Layout
from ground_truth.masks.tile_file import remove_abandoned
from ground_truth.raster.painting import Recipe
from ground_truth.versions.sources import AnnotationFile
from tests.builders import asap_xml

STYLE = MaskStyle(Recipe(), Layout(Codec.LZW))
SIDE = 6_000


def orders_in(folder: Path, names: tuple[str, ...]) -> list[MaskOrder]:
    """Write outlines that zigzag over a whole slide: each mask takes a second or so."""
    turns = np.arange(80)
    zigzag = np.stack([turns * 70.5, (turns % 2) * (SIDE - 100.0)], axis=1).tolist()
    orders = []
    for name in names:
        (folder / f"{name}.xml").write_text(asap_xml([("_0", zigzag)]))
        source = AnnotationFile(name, folder / f"{name}.xml")
        orders.append(MaskOrder(source, folder / f"{name}_mask.tif", SIDE, SIDE, 0.25))
    return orders


@contextmanager
def killer(folder: Path, name: str, times: int) -> Iterator[list[int]]:
    """Kill some processes that write a mask; yield the list of their numbers."""
    killed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set() and len(killed) < times:
            for partial in folder.glob(f".{name}_mask.tif.*.partial"):
                number = int(partial.name.split(".")[-2])
                if number not in killed:
                    os.kill(number, signal.SIGKILL)
                    killed.append(number)
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def test_a_mask_whose_process_is_killed_each_time_fails_alone(tmp_path: Path) -> None:
    orders = orders_in(tmp_path, ("a", "b", "c"))

    with killer(tmp_path, "b", times=2) as killed:
        outcomes = {each.order.source.slide: each for each in make_masks(orders, STYLE, 2)}

    assert len(killed) == 2
    assert [len(outcomes[name].problems) for name in "abc"] == [0, 1, 0]
    assert str(outcomes["b"].problems[0]).startswith("b.xml: the process that made its mask was")
    assert sorted(path.name for path in tmp_path.glob("*.tif")) == ["a_mask.tif", "c_mask.tif"]
    assert not list(tmp_path.glob(".*"))


def test_who_stops_does_not_wait_for_masks_that_were_not_begun(tmp_path: Path) -> None:
    orders = orders_in(tmp_path, tuple("abcdefgh"))
    outcomes = make_masks(orders, STYLE, 2)

    next(outcomes)
    outcomes.close()

    assert 1 <= len(list(tmp_path.glob("*.tif"))) < 8
    assert not list(tmp_path.glob(".*"))


def test_only_what_dead_processes_left_is_dropped(tmp_path: Path) -> None:
    kept = {
        f".a.tif.{os.getpid()}.partial",
        ".a.tif.1.partial",  # of the first process, which is always there
        ".a.tif.x.partial",
        ".a.tif",
    }
    for name in (*kept, ".a.tif.999999999.partial"):
        (tmp_path / name).touch()

    remove_abandoned(tmp_path / "a.tif")

    assert {path.name for path in tmp_path.iterdir()} == kept
