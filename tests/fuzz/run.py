"""Fuzzes every parser of outside bytes; for long runs.

    python -m tests.fuzz.run [--mutations 1000000] [--parser NAME] [--number 0]

Prints one line a parser and ends with 1 if any error escaped that is not allowed.
"""

import argparse
import sys
import time
from dataclasses import dataclass

from tests.fuzz.mutations import mutations
from tests.fuzz.parsers import ALLOWED, PARSERS, DecoderDied, opened

ESCAPES_SHOWN = 5


@dataclass(slots=True)
class Outcome:
    """What a parser did with its mutations: refusals, deaths, times, and errors that escaped."""

    n_refused: int = 0
    n_deaths: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    escapes: tuple[tuple[bytes, str], ...] = ()


def fuzz(name: str, count: int, number: int) -> Outcome:
    """Run one parser over this many mutations."""
    outcome = Outcome()
    parser = PARSERS[name]
    began = time.monotonic()
    with opened(parser) as read:
        for content in mutations(parser.seeds, count, number):
            start = time.monotonic()
            try:
                read(content)
            except ALLOWED:
                outcome.n_refused += 1
            except DecoderDied:
                outcome.n_deaths += 1
            except Exception as error:  # noqa: BLE001 - finds every error that escapes
                if len(outcome.escapes) < ESCAPES_SHOWN:
                    outcome.escapes += ((content, repr(error)),)
            outcome.slowest_seconds = max(outcome.slowest_seconds, time.monotonic() - start)
    outcome.seconds = time.monotonic() - began
    return outcome


def main() -> None:
    """Fuzz the parsers that the command line names."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--mutations", type=int, default=1_000_000)
    arguments.add_argument("--parser", choices=sorted(PARSERS))
    arguments.add_argument("--number", type=int, default=0)
    chosen = arguments.parse_args()
    escaped = False
    for name in [chosen.parser] if chosen.parser else PARSERS:
        outcome = fuzz(name, chosen.mutations, chosen.number)
        escaped |= bool(outcome.escapes)
        sys.stdout.write(
            f"{name}: {chosen.mutations:,} mutations in {outcome.seconds:.0f} s, slowest "
            f"{outcome.slowest_seconds:.3f} s, {outcome.n_refused:,} raised, "
            f"{outcome.n_deaths} decoder(s) stopped, {len(outcome.escapes)} escape(s)\n"
        )
        for content, error in outcome.escapes:
            sys.stdout.write(f"  {error}: {content!r}\n")
        sys.stdout.flush()
    sys.exit(1 if escaped else 0)


if __name__ == "__main__":
    main()
