"""Builds the Huffman code that a mask's deflate streams share: runs of a few values.

A run is its value as a literal and copies of the byte before it, so only the literals of the
values, the copy lengths and the end are coded; the distance is always one.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

LONGEST_COPY = 258
"""Bytes that one copy gives at most."""

_END, _FIRST_LENGTH, _LAST_LENGTH = 256, 257, 285
_ZLIB_HEADER = (0x0178, 16)
_FINAL_DYNAMIC = (0b101, 3)
_LENGTH_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_TOKEN_BITS = 57
"""With at most 57 bits a token, at most one reaches over the end of each 64-bit word."""

Bits = tuple[int, int]
"""A value and how many bits it takes, lowest first."""


@dataclass(frozen=True, slots=True)
class RunCode:
    """Bit patterns, lowest bit first.

    ``token_bits`` and ``token_sizes``: at ``index_of[value] * 258 + r`` a literal and r copied
    bytes; at ``end_token`` the end of the stream; at ``empty_token`` nothing.
    ``copies[i]``: i copies of 258 bytes, of ``copy_size`` bits each.
    """

    header: Words
    header_size: int
    index_of: NDArray[np.int64]
    token_bits: Words
    token_sizes: NDArray[np.int64]
    end_token: int
    empty_token: int
    copies: Words
    copy_size: int


@lru_cache(maxsize=16)
def run_code(values: tuple[int, ...]) -> RunCode:
    """Return the code for runs of some values (0-255), 0 among them."""
    sizes = _code_sizes(_weights(values))
    codes = _canonical(sizes)
    rest = _copied_bytes(codes)
    bits, widths = [], []
    for value in values:
        literal, width = codes[value]
        tokens = [_concatenated_bits([(literal, width)] * (1 + copied)) for copied in range(3)]
        tokens += [_concatenated_bits([(literal, width), part]) for part in rest]
        bits += [token for token, _ in tokens]
        widths += [size for _, size in tokens]
    end, end_size = codes[_END]
    copy, copy_size = _concatenated_bits([codes[_LAST_LENGTH], (0, 1)])
    most = (_TOKEN_BITS - max(widths)) // copy_size
    index_of = np.zeros(256, dtype=np.int64)
    index_of[list(values)] = np.arange(len(values))
    header, header_size = _concatenated_bits([_ZLIB_HEADER, _FINAL_DYNAMIC, *_description(sizes)])
    return RunCode(
        header=_words(header, header_size),
        header_size=header_size,
        index_of=index_of,
        token_bits=np.array([*bits, end, 0], dtype=np.uint64),
        token_sizes=np.array([*widths, end_size, 0], dtype=np.int64),
        end_token=len(bits),
        empty_token=len(bits) + 1,
        copies=np.array(
            [_concatenated_bits([(copy, copy_size)] * i)[0] for i in range(most + 1)], np.uint64
        ),
        copy_size=copy_size,
    )


def _weights(values: Sequence[int]) -> dict[int, int]:
    """Return how often each symbol is expected in the outlines of a mask, roughly."""
    weights = {value: max(512 // len(values), 1) for value in values}
    # Remainders are spread evenly over 0 to 257 bytes, and a symbol stands for 2^extra of them.
    rests = {symbol: 2 << extra for symbol, _, extra in _length_symbols()}
    return weights | rests | {_LAST_LENGTH: 384, _END: 1}


def _length_symbols() -> Iterable[tuple[int, int, int]]:
    """Yield symbol, shortest length and extra bits of each length symbol but the last."""
    shortest = 3
    for symbol in range(_FIRST_LENGTH, _LAST_LENGTH):
        extra = max((symbol - _FIRST_LENGTH) // 4 - 1, 0)
        yield symbol, shortest, extra
        shortest += 1 << extra


def _code_sizes(weights: Mapping[int, int]) -> dict[int, int]:
    """Return the code length of each symbol by Huffman's construction."""
    sizes = dict.fromkeys(weights, 0)
    heap = [(weight, symbol, [symbol]) for symbol, weight in sorted(weights.items())]
    heapq.heapify(heap)
    while len(heap) > 1:
        light, heavy = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in light[2] + heavy[2]:
            sizes[symbol] += 1
        heapq.heappush(heap, (light[0] + heavy[0], light[1], light[2] + heavy[2]))
    return sizes


def _canonical(sizes: Mapping[int, int]) -> dict[int, Bits]:
    """Return each symbol's code as RFC 1951 derives it from the lengths, first bit lowest."""
    codes: dict[int, Bits] = {}
    code = previous = 0
    for size, symbol in sorted((size, symbol) for symbol, size in sizes.items()):
        code <<= size - previous
        codes[symbol] = int(f"{code:0{size}b}"[::-1], 2), size
        code, previous = code + 1, size
    return codes


def _copied_bytes(codes: Mapping[int, Bits]) -> list[Bits]:
    """Return the bits of one copy of 3 to 257 bytes from a distance of one."""
    copies = [
        _concatenated_bits([codes[symbol], (rest, extra), (0, 1)])
        for symbol, _, extra in _length_symbols()
        for rest in range(1 << extra)
    ]
    return copies[: LONGEST_COPY - 3]


def _description(sizes: Mapping[int, int]) -> list[Bits]:
    """Return the bits that tell a reader the code lengths of literals, lengths and distance."""
    listed = [sizes.get(symbol, 0) for symbol in range(_LAST_LENGTH + 1)] + [1]
    parts = [part for size, group in groupby(listed) for part in _repeats(size, len(list(group)))]
    codes = _canonical(_code_sizes(dict.fromkeys((symbol for symbol, _ in parts), 1)))
    widths = [codes.get(symbol, (0, 0))[1] for symbol in _LENGTH_ORDER]
    while not widths[-1]:
        widths.pop()
    head = [(_LAST_LENGTH - _FIRST_LENGTH + 1, 5), (0, 5), (len(widths) - 4, 4)]
    body = [bits for symbol, extra in parts for bits in (codes[symbol], extra)]
    return [*head, *((width, 3) for width in widths), *body]


def _repeats(size: int, count: int) -> Iterable[tuple[int, Bits]]:
    """Yield the symbols, and their extra bits, for a code length repeated some times."""
    if size:
        yield size, (0, 0)
        count -= 1
    symbol, least, most, width = (16, 3, 6, 2) if size else (18, 11, 138, 7)
    while count >= least:
        taken = min(count, most)
        yield symbol, (taken - least, width)
        count -= taken
    yield from ((size, (0, 0)) for _ in range(count))


def _concatenated_bits(parts: Iterable[Bits]) -> Bits:
    value = size = 0
    for bits, width in parts:
        value |= bits << size
        size += width
    return value, size


def _words(value: int, size: int) -> Words:
    count = -(-size // 64)
    return np.array([(value >> (64 * i)) & (2**64 - 1) for i in range(count)], dtype=np.uint64)
