"""Makes small folders that look like the data sets as they are shared."""

from collections.abc import Iterable
from pathlib import Path

TIFF = b"II*\0 a slide"


def write_files(root: Path, names: Iterable[str], content: bytes = TIFF) -> Path:
    """Write the same content under each name below a folder, and return the folder."""
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return root


def numbered(pattern: str, numbers: Iterable[int]) -> list[str]:
    """Return a name for each number, as ``tumor_{:03d}.tif``."""
    return [pattern.format(number) for number in numbers]
