"""Describes how a mask file is laid out; imports little, so that commands start quickly."""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """How tiles are compressed."""

    DEFLATE = "deflate"
    ZSTD = "zstd"
    LZW = "lzw"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a mask is written; ``is_dense`` gives every tile an address, for readers that need it."""

    codec: Codec = Codec.DEFLATE
    is_dense: bool = False
