"""Defines ``camelyon db``, which creates and upgrades the database's tables."""

import typer

from webapp.commands.failures import plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.database.migrations import upgrade as upgrade_to_head

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _databases() -> None:
    """Prepare the database."""


@app.command("upgrade")
def upgrade(home: HomeOption = None) -> None:
    """Make or change the tables as this release needs them; again is harmless."""
    with plain_errors():
        upgrade_to_head(runtime_of(home).engine)
        typer.echo("the database is up to date")
