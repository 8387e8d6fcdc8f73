"""Defines the options that commands share, and builds the runtime that they describe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from webapp.runtime import Runtime

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="A served home; without it the environment's settings."),
]


def runtime_of(home: Path | None) -> "Runtime":
    """Build the runtime of a home, or of the environment."""
    from webapp.processes.home import settings_of
    from webapp.runtime import Runtime

    return Runtime(settings_of(home))
