"""Defines ``camelyon work``, which shows what is in the queue and moves its rows."""

from typing import Annotated

import typer

from webapp.commands.failures import plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.services.operations import queue_rows
from webapp.services.people import directory
from webapp.tasks import announce

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Of the upload or submission.")]
ReasonOption = Annotated[str, typer.Option(help="Kept in the log of events.")]
ByOption = Annotated[str, typer.Option(help="Mail address of the organiser who does it.")]


@app.callback()
def _work() -> None:
    """Show the queue, put rows back, take rows out."""


@app.command("list")
def list_(
    *,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only these.")] = False,
    home: HomeOption = None,
) -> None:
    """List the rows that wait, are worked on or are quarantined, the oldest first."""
    with plain_errors(), runtime_of(home).reading() as session:
        for row in queue_rows.list_rows(session, only_quarantined=quarantined):
            words = f"{row.state}  attempt {row.attempt}  {row.age_seconds:.0f} s"
            typer.echo(f"{row.public_id}  {row.phase}  {row.team}  {words}")


@app.command("requeue")
def requeue(
    identifier: IdArgument, reason: ReasonOption, by: ByOption, home: HomeOption = None
) -> None:
    """Put a row back, as if it had never been tried; a refunded charge stays refunded."""
    with plain_errors():
        runtime = runtime_of(home)
        with runtime.session() as session:
            organiser = directory.user_by_email(session, by)
            queue_rows.requeue(session, public_id=identifier, user_id=organiser.id, reason=reason)
        announce(runtime)
        typer.echo(f"{identifier} is in the queue")


@app.command("quarantine")
def quarantine(
    identifier: IdArgument, reason: ReasonOption, by: ByOption, home: HomeOption = None
) -> None:
    """Take a row out of the queue; its charge is given back."""
    with plain_errors(), runtime_of(home).session() as session:
        organiser = directory.user_by_email(session, by)
        queue_rows.quarantine(session, public_id=identifier, user_id=organiser.id, reason=reason)
        typer.echo(f"{identifier} is quarantined")
