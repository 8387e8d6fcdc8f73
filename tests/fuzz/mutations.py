"""Mutates valid files by a seeded generator: the same seed gives the same bytes."""

from collections.abc import Iterator, Sequence
from random import Random

WORDS = (
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'"',
    b",,",
    b";",
    b"\t",
    b"\r",
    b"\n",
    b"nan",
    b"-inf",
    b"1e999",
    b"1_0",
    b"-1",
    b"9" * 40,
    b"\xd9\xa1",
    b"[" * 40,
    b"{" * 40,
    b"]",
    b"}",
    b"\\",
    b"<!DOCTYPE a>",
    b"&a;",
    b"<a>",
    b"../",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x00\x00\x00\x00",
)
MAX_BYTES = 4096
_MOST_CHANGES = 6


def mutations(seeds: Sequence[bytes], count: int, number: int) -> Iterator[bytes]:
    """Yield this many mutated files."""
    random = Random(number)  # noqa: S311 - repeatable, no secret
    for _ in range(count):
        content = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, _MOST_CHANGES)):
            _change(content, seeds, random)
        yield bytes(content[:MAX_BYTES])


def _change(content: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    at = random.randint(0, len(content))
    match random.randint(0, 5):
        case 0:
            content[at : at + 1] = bytes([random.randint(0, 255)])
        case 1:
            content[at : at + random.randint(1, 8)] = b""
        case 2:
            content[at:at] = random.choice(WORDS)
        case 3:
            content[at:at] = content[at : at + random.randint(1, 64)]
        case 4:
            other = random.choice(seeds)
            content[at:] = other[random.randint(0, len(other)) :]
        case _:
            if at < len(content):
                content[at] ^= 1 << random.randint(0, 7)
