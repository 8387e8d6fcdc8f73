"""Makes the mask of every real annotation file in one process and prints its peak memory in MB.

python -m benchmarks.mask_memory [--each]
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.annotation_files import mask_orders
from ground_truth.conversion.making import MaskStyle, make_mask
from ground_truth.masks.layout import Layout
from ground_truth.raster.painting import Recipe

RECIPE = Recipe({"_0": 1, "_1": 1, "_2": 0}, ("_0", "_1", "_2"))


def main() -> None:
    """Make the masks one after the other, as one process of the command does."""
    style = MaskStyle(RECIPE, Layout())
    with tempfile.TemporaryDirectory() as folder:
        for order in mask_orders(Path(folder) / "mask.tif"):
            outcome = make_mask(order, style)
            assert not outcome.problems, outcome.problems
            if "--each" in sys.argv:
                print(order.source.name, _peak_mb(), file=sys.stderr)
    print(_peak_mb())


def _peak_mb() -> float:
    """Return this process's own peak; getrusage would give that of the one it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    main()
