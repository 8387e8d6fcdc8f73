"""Does a fixed piece of numpy, text and zlib work, in which every limit on time is expressed.

Its parts are what the measured code spends its time on: sorts, which take one to five times as long
by the vector instructions that a processor has; gathers and running sums; numbers written and read
as text; deflate and inflate; the interpreter itself. Words come from PCG64 as they are and sums are
of integers, so that the work and its checksum are the same everywhere. Whoever changes it measures
every limit anew.

    python -m benchmarks.yardstick   # what one costs here, in CPU seconds
"""

import time
import zlib

import numpy as np
from numpy.typing import NDArray

_SEED = 1
_N_WORDS = 200_000
_N_SORTS = 6
_N_GATHERED = 1_600_000
_N_NUMBERS = 10_000
_DEFLATE_LEVEL = 6
_N_INFLATED = 6
_N_STEPS = 80_000

Words = NDArray[np.uint64]


def do_yardstick() -> int:
    """Do the work once; return the CRC-32 of all that it computed."""
    words = np.random.PCG64(_SEED).random_raw(_N_WORDS)
    text = _as_text(words)
    parts = (_sorted(words), _gathered(words), text, _read_back(text), _inflated(text), _summed())
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum


def _sorted(words: Words) -> bytes:
    shifted = [words >> np.uint64(shift) for shift in range(_N_SORTS)]
    return np.stack([np.sort(one)[::1000] for one in shifted]).tobytes()


def _gathered(words: Words) -> bytes:
    places = np.resize(words % np.uint64(_N_WORDS), _N_GATHERED).astype(np.int64)
    return np.cumsum(words[places] >> np.uint64(32))[::1000].tobytes()


def _as_text(words: Words) -> bytes:
    """Write the first words as decimals between 0 and 1 of 17 digits at most."""
    decimals = (words[:_N_NUMBERS] >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return "\n".join(map(repr, decimals.tolist())).encode()


def _read_back(text: bytes) -> bytes:
    return np.array(text.decode().split("\n"), dtype=np.float64).tobytes()


def _inflated(text: bytes) -> bytes:
    packed = zlib.compress(text, _DEFLATE_LEVEL)
    return b"".join(zlib.decompress(packed) for _ in range(_N_INFLATED))


def _summed() -> bytes:
    total = 0
    for step in range(_N_STEPS):
        total = (total * 31 + step) % 1_000_003
    return str(total).encode()


if __name__ == "__main__":
    began = time.process_time()
    do_yardstick()
    print(f"{time.process_time() - began:.4f}")
