"""Defines ``camelyon quota``, which grants attempts."""

from typing import Annotated

import typer

from webapp.commands.failures import plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.services.people import directory
from webapp.services.phases import challenges
from webapp.services.submissions import quotas

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _quotas() -> None:
    """Grant attempts."""


@app.command("grant")
def grant(
    team: Annotated[str, typer.Argument(help="Name or id.")],
    phase: Annotated[str, typer.Argument(help="Slug.")],
    amount: Annotated[int, typer.Argument(min=1)],
    reason: Annotated[str, typer.Option(help="Kept in the ledger.")],
    by: Annotated[str, typer.Option(help="Mail address of the organiser who grants.")],
    home: HomeOption = None,
) -> None:
    """Grant a team more attempts in a phase; print how many it has left."""
    with plain_errors(), runtime_of(home).session() as session:
        organiser = directory.user_by_email(session, by)
        granted = quotas.grant(
            session,
            team_id=directory.team_by_name(session, team).id,
            phase_id=challenges.phase(session, phase).id,
            amount=amount,
            reason=reason,
            user_id=organiser.id,
        )
        typer.echo(f"{granted.remaining} left")
