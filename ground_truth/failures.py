"""Turns errors that an organiser can fix into words on standard error and exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ground_truth.errors import TruthError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print the problems of a TruthError, or what the system refused, and end with exit code 1."""
    try:
        yield
    except TruthError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        typer.echo(error_text(error), err=True)
        raise typer.Exit(1) from error


def error_text(error: OSError) -> str:
    """Return ``file: what the system says``, without error numbers."""
    words = error.strerror or type(error).__name__
    return words if error.filename is None else f"{error.filename}: {words}"
