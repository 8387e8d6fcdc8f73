"""Defines ``camelyon user``, ``token`` and ``team``, which add people, tokens and teams."""

import sys
from typing import Annotated

import typer

from webapp.commands.failures import plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.database.models import Scope
from webapp.services.people import accounts, directory, teams, tokens

user = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
token = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
team = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@user.callback()
def _users() -> None:
    """Add people."""


@user.command("add")
def add_user(
    email: str,
    *,
    organiser: Annotated[bool, typer.Option("--organiser")] = False,
    name: Annotated[str, typer.Option(help="By default what stands before the @.")] = "",
    home: HomeOption = None,
) -> None:
    """Add a person; the password comes from a prompt, or from standard input."""
    with plain_errors(), runtime_of(home).session() as session:
        added = accounts.add_user(
            session,
            email=email,
            name=name or email.partition("@")[0],
            password=_password(),
            is_organiser=organiser,
        )
        typer.echo(added.email)


@token.callback()
def _tokens() -> None:
    """Add API tokens."""


@token.command("add")
def add_token(
    email: str,
    scope: Annotated[list[Scope], typer.Option(help="Repeat for several.")],
    name: str = "command line",
    days: Annotated[int, typer.Option(min=1)] = tokens.DEFAULT_DAYS,
    home: HomeOption = None,
) -> None:
    """Print a new API token of a person, which is shown only this once."""
    with plain_errors(), runtime_of(home).session() as session:
        owner = directory.user_by_email(session, email)
        made = tokens.create_token(
            session, user_id=owner.id, name=name, scopes=frozenset(scope), days=days
        )
        typer.echo(made)


@team.callback()
def _teams() -> None:
    """List, add and join teams."""


@team.command("list")
def list_teams(home: HomeOption = None) -> None:
    """List teams: id, number of members, name."""
    with plain_errors(), runtime_of(home).reading() as session:
        for line in directory.list_teams(session):
            typer.echo(f"{line.public_id}  {line.members}  {line.name}")


@team.command("add")
def add_team(
    name: str,
    captain: Annotated[str, typer.Option(help="Mail address of the first member.")],
    home: HomeOption = None,
) -> None:
    """Found a team; print its id and the code by which others join it."""
    with plain_errors(), runtime_of(home).session() as session:
        founder = directory.user_by_email(session, captain)
        founded = teams.create_team(session, user_id=founder.id, name=name)
        typer.echo(f"{founded.public_id}  {founded.join_code}")


@team.command("join")
def join_team(
    code: Annotated[str, typer.Argument(help="The team's join code.")],
    member: Annotated[str, typer.Option(help="Mail address of the new member.")],
    home: HomeOption = None,
) -> None:
    """Put a person into a team."""
    with plain_errors(), runtime_of(home).session() as session:
        person = directory.user_by_email(session, member)
        joined = teams.join_team(session, user_id=person.id, join_code=code)
        typer.echo(joined.public_id)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
