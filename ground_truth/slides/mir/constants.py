"""Names constants and containers as ASAP's module names them.

Names with a prefix are those of ASAP 1.9 and later, names without are those before it; scripts in
circulation use either.
"""

from typing import Any, Generic, TypeVar

import numpy as np

InvalidColorType, Monochrome, RGB, RGBA, Indexed = range(5)
ARGB = RGBA

ColorType_InvalidColorType = InvalidColorType
ColorType_Monochrome = Monochrome
ColorType_RGB = RGB
ColorType_RGBA = RGBA
ColorType_Indexed = Indexed

InvalidDataType, UChar, UInt16, UInt32, Float = range(5)

DataType_InvalidDataType = InvalidDataType
DataType_UChar = UChar
DataType_UInt16 = UInt16
DataType_UInt32 = UInt32
DataType_Float = Float

RAW, JPEG, LZW, JPEG2000, JPEG2000_LOSSY = range(5)
JPEG2000_LOSSLESS = JPEG2000

Compression_RAW = RAW
Compression_JPEG = JPEG
Compression_LZW = LZW
Compression_JPEG2000 = JPEG2000

NearestNeighbor, Linear = range(2)

Interpolation_NearestNeighbor = NearestNeighbor
Interpolation_Linear = Linear

PIXEL_TYPES: dict[int, np.dtype[Any]] = {
    UChar: np.dtype(np.uint8),
    UInt16: np.dtype(np.uint16),
    UInt32: np.dtype(np.uint32),
    Float: np.dtype(np.float32),
}
"""Each data type's pixels in numpy."""

DATA_TYPES = {dtype: data_type for data_type, dtype in PIXEL_TYPES.items()}
"""The data type of each of numpy's types of pixels that ASAP knows."""


T = TypeVar("T")


class _Vector(list[T], Generic[T]):
    """A list that can also be used as a C++ vector."""

    def push_back(self, x: T) -> None:
        """Append an item."""
        self.append(x)

    def size(self) -> int:
        """Return how many items there are."""
        return len(self)

    def empty(self) -> bool:
        """Return whether there is no item."""
        return not self


class vector_int(_Vector[int]):
    """Whole numbers."""


class vector_float(_Vector[float]):
    """Numbers; not rounded to single precision."""


class vector_double(_Vector[float]):
    """Numbers, such as a spacing in um."""


class vector_string(_Vector[str]):
    """Texts, such as a conversion order."""


class map_string_int(dict[str, int]):
    """Numbers by text, such as labels by group."""
