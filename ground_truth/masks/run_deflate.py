"""Writes zlib streams of mask tiles straight from runs, without making pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ground_truth.masks.huffman import LONGEST_COPY, RunCode
from ground_truth.masks.tile_file import EncodedTiles
from ground_truth.masks.tiles import TILE_PIXELS, Pieces, unpacked_pieces

Ints = NDArray[np.int64]

_ADLER_MODULUS = 65_521
_CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Up to 57 bits each, lowest first; ``begin`` is the first token of each tile."""

    bits: NDArray[np.uint64]
    sizes: Ints
    begin: Ints


def deflated_tiles(packed: Ints, code: RunCode) -> EncodedTiles:
    """Return the streams of the tiles that sorted pieces make up, in their order."""
    pieces, begin = _merged(unpacked_pieces(packed))
    tokens = _tokens(pieces, begin, code)
    end = np.cumsum(tokens.sizes)
    first_bit = (end - tokens.sizes)[tokens.begin]
    stream_bits = np.diff(np.append(first_bit, end[-1])) + code.header_size
    checksum_at = (stream_bits + 7) >> 3
    word_counts = (checksum_at + _CHECKSUM_BYTES + 7) >> 3
    first_word = np.cumsum(word_counts) - word_counts
    shift = (first_word << 6) + code.header_size - first_bit
    per_tile = np.diff(np.append(tokens.begin, len(tokens.bits)))
    place = end - tokens.sizes + np.repeat(shift, per_tile)
    words = _packed_words(tokens, place, int(word_counts.sum()))
    for index, word in enumerate(code.header):
        words[first_word + index] |= word
    data = words.view(np.uint8)
    _put_checksums(data, (first_word << 3) + checksum_at, pieces, begin)
    return EncodedTiles(
        data=data.tobytes(),
        tile=pieces.tile[begin],
        offset=first_word << 3,
        size=checksum_at + _CHECKSUM_BYTES,
    )


def _merged(pieces: Pieces) -> tuple[Pieces, Ints]:
    """Join pieces of one value that follow each other; return them and each tile's first."""
    end = pieces.first + pieces.length
    new_tile = np.append(True, pieces.tile[1:] != pieces.tile[:-1])[: len(end)]
    follows = np.append(False, pieces.first[1:] == end[:-1])[: len(end)] & ~new_tile
    same = np.append(False, pieces.value[1:] == pieces.value[:-1])[: len(end)]
    opening = np.flatnonzero(~(follows & same))
    if len(opening) == len(end):
        return pieces, np.flatnonzero(new_tile)
    closing = np.append(opening[1:], len(end)) - 1
    first = pieces.first[opening]
    joined = Pieces(pieces.tile[opening], first, end[closing] - first, pieces.value[opening])
    return joined, np.flatnonzero(new_tile[opening])


def _tokens(pieces: Pieces, begin: Ints, code: RunCode) -> _Tokens:
    """Return the tokens of all runs, the gaps of zeros between the pieces included."""
    end = pieces.first + pieces.length
    before = np.append(0, end[:-1])
    before[begin] = 0
    length = np.stack([pieces.first - before, pieces.length], axis=1).ravel()
    value = np.stack([np.zeros_like(end), code.index_of[pieces.value]], axis=1).ravel()
    copies, rest = np.divmod(length - 1, LONGEST_COPY)
    token = value * LONGEST_COPY + rest
    token[length == 0] = code.empty_token
    token[np.append(begin[1:], len(end)) * 2 - 1] = code.end_token
    np.maximum(copies, 0, out=copies)
    most = len(code.copies) - 1
    whole, some = np.divmod(copies, most)
    sizes = code.token_sizes[token]
    bits = code.token_bits[token] | (code.copies[some] << sizes.astype(np.uint64))
    sizes += some * code.copy_size
    return _with_whole_copies(_Tokens(bits, sizes, begin * 2), whole, code)


def _with_whole_copies(tokens: _Tokens, whole: Ints, code: RunCode) -> _Tokens:
    """Insert after each token as many tokens of whole copies as it needs."""
    if not whole.any():
        return tokens
    place = np.arange(len(whole)) + np.cumsum(whole) - whole
    most = len(code.copies) - 1
    bits = np.full(len(whole) + int(whole.sum()), code.copies[most])
    sizes = np.full(len(bits), most * code.copy_size)
    bits[place], sizes[place] = tokens.bits, tokens.sizes
    return _Tokens(bits, sizes, place[tokens.begin])


def _packed_words(tokens: _Tokens, place: Ints, count: int) -> NDArray[np.uint64]:
    """Return 64-bit words with every token's bits at its place."""
    words = np.zeros(count, dtype="<u8")
    word, bit = place >> 6, place & 63
    begin = np.append(0, np.flatnonzero(word[1:] != word[:-1]) + 1)
    words[word[begin]] = np.bitwise_or.reduceat(tokens.bits << bit.astype(np.uint64), begin)
    over = np.flatnonzero(bit + tokens.sizes > 64)  # noqa: PLR2004 - bits of a word
    words[word[over] + 1] |= tokens.bits[over] >> (64 - bit[over]).astype(np.uint64)
    return words


def _put_checksums(data: NDArray[np.uint8], place: Ints, pieces: Pieces, begin: Ints) -> None:
    """Write each tile's Adler-32; sums over a run have a closed form, and zeros add nothing."""
    length = pieces.length
    low = np.add.reduceat(pieces.value * length, begin) + 1
    behind = (TILE_PIXELS - pieces.first) * length - length * (length - 1) // 2
    high = np.add.reduceat(pieces.value * behind, begin) + TILE_PIXELS
    checksum = ((high % _ADLER_MODULUS) << 16) | (low % _ADLER_MODULUS)
    for index in range(_CHECKSUM_BYTES):
        data[place + index] = (checksum >> (24 - 8 * index)) & 255
