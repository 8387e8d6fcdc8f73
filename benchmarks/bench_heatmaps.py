"""Measures suppression beside the usual loops, and heatmap submissions from end to end.

    python benchmarks/bench_heatmaps.py

Ratios are of CPU time in one process; the end-to-end figure is of a fresh process and its
decoders. Exits with 1 where a limit is broken.
"""

import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from evaluator.heatmaps.suppression import Reach, repeated_maximum
from evaluator.results.parameters import Ties

ROWS, COLUMNS = 3456, 1528
RADIUS = 12
N_SLIDES, N_TUMOUR = 129, 49
N_MID, N_SPARSE = 160, 16
LEAST_TIMES_LITERAL = 1000.0
LEAST_TIMES_SLICES = 30.0
MOST_CPU_SECONDS = 4.0
MOST_MIB = 250.0
TIMED_STEPS = 20
MOST = 100_000

MEASURED = """
import json, resource, sys
from pathlib import Path
from evaluator.results.parameters import LesionParameters
from evaluator.submissions.checking import check
from ground_truth.reference.cases import CaseList, SlideCase
from ground_truth.types import Kind

names = [f"slide_{number:03}" for number in range(int(sys.argv[2]))]
both = frozenset({Kind.LESIONS, Kind.SLIDES})
cases = tuple(SlideCase(name, 1528 * 64, 3456 * 64, 0.243, both) for name in names)
report = check(
    Kind.LESIONS,
    Path(sys.argv[1]),
    CaseList("0" * 12, "camelyon16", cases),
    LesionParameters(10_000),
)
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
seconds = sum(one.ru_utime + one.ru_stime for one in used)
print(json.dumps([report.is_accepted, seconds, [one.ru_maxrss / 1024 for one in used]]))
"""

Map = NDArray[np.float32]


def main() -> None:
    """Measure everything and hold it against the limits."""
    kept = [_suppression(), _end_to_end()]
    sys.exit(0 if all(kept) else 1)


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
    left, found = values.copy(), []
    while left.max() > 0.5 and len(found) < most:
        row, column = (int(places[0]) for places in np.where(left == left.max()))
        found.append(row * COLUMNS + column)
        for down in range(max(0, row - RADIUS), min(ROWS, row + RADIUS)):
            for across in range(max(0, column - RADIUS), min(COLUMNS, column + RADIUS)):
                left[down, across] = 0
    return found


def slice_loop(values: Map, most: int) -> list[int]:
    """Repeat with one argmax and one slice a detection."""
    left, found = values.copy(), []
    while len(found) < most:
        position = int(left.argmax())
        row, column = divmod(position, COLUMNS)
        if not left[row, column] > 0.5:
            break
        found.append(position)
        left[max(0, row - RADIUS) : row + RADIUS, max(0, column - RADIUS) : column + RADIUS] = 0
    return found


def _suppression() -> bool:
    values = hills(N_MID, seed=1)
    reach = Reach(RADIUS, RADIUS)
    times = [_cpu(lambda: repeated_maximum(values, 0.5, reach, Ties.INTERIOR)) for _ in range(5)]
    ours = min(times)
    found = repeated_maximum(values, 0.5, reach, Ties.INTERIOR)
    by_slices = slice_loop(values, MOST)
    assert by_slices == repeated_maximum(values, 0.5, reach, Ties.FIRST).tolist()
    assert literal_loop(values, TIMED_STEPS) == by_slices[:TIMED_STEPS]
    slices = _cpu(lambda: slice_loop(values, MOST))
    steps = _cpu(lambda: literal_loop(values, TIMED_STEPS))
    literal = steps / TIMED_STEPS * found.size
    above = int(np.count_nonzero(values > 0.5))
    print(f"map {ROWS} x {COLUMNS} f32, {above:,} pixels above 0.5, {found.size:,} detections")
    print(
        f"ours {ours * 1000:.1f} ms; literal loop {literal:.1f} s (from {TIMED_STEPS} steps): "
        f"{literal / ours:,.0f}x"
    )
    print(f"argmax and slices {slices:.2f} s: {slices / ours:.0f}x")
    kept = literal >= LEAST_TIMES_LITERAL * ours and slices >= LEAST_TIMES_SLICES * ours
    print(f"limits {LEAST_TIMES_LITERAL:.0f}x and {LEAST_TIMES_SLICES:.0f}x: {_verdict(kept=kept)}")
    return kept


def _end_to_end() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        upload = Path(folder) / "upload.zip"
        _write_submission(upload)
        command = [sys.executable, "-c", MEASURED, str(upload), str(N_SLIDES)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own interpreter
    is_accepted, seconds, mebibytes = json.loads(output)
    print(
        f"{N_SLIDES} u8 heatmaps, accepted: {is_accepted}; CPU {seconds:.2f} s, "
        f"peak {mebibytes[0]:.0f} + {mebibytes[1]:.0f} MiB (worker + decoder)"
    )
    kept = is_accepted and seconds <= MOST_CPU_SECONDS and sum(mebibytes) <= MOST_MIB
    print(f"limits {MOST_CPU_SECONDS} s and {MOST_MIB:.0f} MiB: {_verdict(kept=kept)}")
    return bool(kept)


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


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _verdict(*, kept: bool) -> str:
    return "kept" if kept else "BROKEN"


if __name__ == "__main__":
    main()
