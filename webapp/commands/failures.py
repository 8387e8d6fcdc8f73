"""Turns a command's expected errors into exit code 1 and words on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from webapp.errors import Refused
from webapp.processes.home import CannotServeError
from webapp.settings import SettingsError

FAILURE_EXIT_CODE = 1


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an expected error into its message and exit code 1; a bug keeps its traceback.

    Raises
    ------
    typer.Exit
        With code 1.
    """
    try:
        yield
    except SettingsError as error:
        raise failure("\n".join(error.problems)) from None
    except Refused as refused:
        raise failure(refused.detail) from None
    except CannotServeError as error:
        raise failure(str(error)) from None


def failure(words: str) -> typer.Exit:
    """Print the reason on standard error; return the exception to raise."""
    typer.echo(words, err=True)
    return typer.Exit(FAILURE_EXIT_CODE)
