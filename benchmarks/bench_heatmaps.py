"""Measures suppression beside the usual loops, and heatmap submissions from end to end.

The end-to-end figure is of a fresh process and its decoders, against a fresh yardstick. Exits with
1 where a limit is broken.

    python -m benchmarks.bench_heatmaps
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.checked_heatmaps import COLUMNS, ROWS
from benchmarks.fresh_process import FRESH_YARDSTICKS, run_module, time_fresh_yardstick
from benchmarks.judging import Figure, judge
from benchmarks.timing import Peer, against_peer, against_yardstick, in_turns, in_yardsticks
from evaluator.heatmaps.suppression import Reach, repeated_maximum
from evaluator.results.parameters import Ties

RADIUS = 12
N_SLIDES, N_TUMOUR = 129, 49
N_MID, N_SPARSE = 160, 16
LEAST_TIMES_LITERAL = 500.0
LEAST_TIMES_SLICES = 40.0
"""Of a processor that sorts without vector instructions."""
MOST_SUPPRESSION = 0.55
"""Yardsticks."""
MOST_END_TO_END = 27.0
"""Fresh yardsticks."""
MOST_MIB = 250.0
TIMED_STEPS = 20
FEWER_REPEATS = 5
"""Of the whole submission, which takes seconds."""
MOST = 100_000

Map = NDArray[np.float32]


def main() -> None:
    """Measure everything and hold it against the limits."""
    judge(_figures())


def hills(n_hills: int, seed: int) -> Map:
    """Return a map of smooth hills with noise on them, values in [0, 1]."""
    rng = np.random.default_rng(seed)
    values = np.zeros((ROWS, COLUMNS), dtype=np.float32)
    for row, column, width, height in rng.uniform(
        (0, 0, 4, 0.7), (ROWS, COLUMNS, 30, 1.4), (n_hills, 4)
    ):
        reach = int(3 * width)
        top, left = max(0, int(row) - reach), max(0, int(column) - reach)
        part = values[top : int(row) + reach, left : int(column) + reach]
        down, across = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        hill = height * np.exp(-((down - row) ** 2 + (across - column) ** 2) / (2 * width**2))
        noise = rng.normal(0.0, 0.05, part.shape)
        np.maximum(part, np.clip(hill + noise * (hill > 0.2), 0, 0.999), out=part)
    return values


def literal_loop(values: Map, most: int) -> list[int]:
    """Repeat as published code does: find the maximum, look for it, clear pixel by pixel."""
    left, found = values.copy(), list[int]()
    while left.max() > 0.5 and len(found) < most:
        row, column = (int(places[0]) for places in np.where(left == left.max()))
        found.append(row * COLUMNS + column)
        for down in range(max(0, row - RADIUS), min(ROWS, row + RADIUS)):
            for across in range(max(0, column - RADIUS), min(COLUMNS, column + RADIUS)):
                left[down, across] = 0
    return found


def slice_loop(values: Map, most: int) -> list[int]:
    """Repeat with one argmax and one slice a detection."""
    left, found = values.copy(), list[int]()
    while len(found) < most:
        position = int(left.argmax())
        row, column = divmod(position, COLUMNS)
        if not left[row, column] > 0.5:
            break
        found.append(position)
        left[max(0, row - RADIUS) : row + RADIUS, max(0, column - RADIUS) : column + RADIUS] = 0
    return found


def _figures() -> Iterator[Figure]:
    yield from _suppression()
    with tempfile.TemporaryDirectory() as folder:
        upload = Path(folder) / "upload.zip"
        _write_submission(upload)
        yield from _end_to_end(upload)


def _suppression() -> Iterator[Figure]:
    values = hills(N_MID, seed=1)
    reach = Reach(RADIUS, RADIUS)
    by_slices = slice_loop(values, MOST)
    assert by_slices == repeated_maximum(values, 0.5, reach, Ties.FIRST).tolist()
    assert literal_loop(values, TIMED_STEPS) == by_slices[:TIMED_STEPS]
    found = repeated_maximum(values, 0.5, reach, Ties.INTERIOR)
    literal = Peer(lambda: literal_loop(values, TIMED_STEPS), TIMED_STEPS, found.size, "steps")
    slices = Peer(lambda: slice_loop(values, MOST))

    def ours() -> None:
        repeated_maximum(values, 0.5, reach, Ties.INTERIOR)

    what = f"suppression, {ROWS} x {COLUMNS} in single precision, {found.size:,} detections"
    yield against_yardstick(what, ours, MOST_SUPPRESSION)
    yield against_peer("the same, against the literal loop", ours, literal, LEAST_TIMES_LITERAL)
    what = "the same, against a loop of argmax and slices"
    yield against_peer(what, ours, slices, LEAST_TIMES_SLICES)


def _end_to_end(upload: Path) -> Iterator[Figure]:
    peaks_mib: list[float] = []

    def check() -> float:
        cost = run_module("benchmarks.checked_heatmaps", str(upload), str(N_SLIDES))
        is_accepted, worker_mib, decoder_mib = json.loads(cost.output)
        assert is_accepted
        peaks_mib.append(worker_mib + decoder_mib)
        return cost.cpu_seconds

    what = f"{N_SLIDES} heatmaps, a fresh process and its decoders"
    taken = in_turns({"check": check, "yardstick": time_fresh_yardstick}, FEWER_REPEATS)
    yield in_yardsticks(what, taken["check"], taken["yardstick"], MOST_END_TO_END, FRESH_YARDSTICKS)
    yield Figure(f"{N_SLIDES} heatmaps, peak memory of both", max(peaks_mib), "MiB", MOST_MIB)


def _write_submission(target: Path) -> None:
    """Write tumour slides of mid density and sparse ones, half in tiles and half in strips."""
    mid = [_tiff(hills(N_MID, seed), is_tiled=seed % 2 == 0) for seed in (2, 3, 4, 5)]
    sparse = [_tiff(hills(N_SPARSE, seed), is_tiled=seed % 2 == 0) for seed in (6, 7, 8, 9)]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number in range(N_SLIDES):
            kind = mid if number < N_TUMOUR else sparse
            archive.writestr(f"slide_{number:03}.tif", kind[number % 4])


def _tiff(values: Map, *, is_tiled: bool) -> bytes:
    target = io.BytesIO()
    tile = (512, 512) if is_tiled else None
    tifffile.imwrite(target, (values * 255).astype(np.uint8), compression="zlib", tile=tile)
    return target.getvalue()


if __name__ == "__main__":
    main()
