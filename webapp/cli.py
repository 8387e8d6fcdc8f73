"""Defines the ``camelyon`` command: a table of commands, each imported only when called.

Help is therefore fast, and offline commands (truth, validate, score) import no web framework,
queue or database.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

DISTRIBUTION = "camelyon-leaderboard"


@dataclass(frozen=True, slots=True)
class CommandSource:
    """The module of a command, and in it a typer application or a function that fills one."""

    module: str
    application: str
    summary: str
    is_group: bool = False

    @property
    def is_of_the_service(self) -> bool:
        """Tell whether the command works with the service's own files."""
        return self.module.startswith("webapp.")


COMMANDS = {
    "truth": CommandSource(
        "ground_truth.cli", "app", "Build and show ground truth.", is_group=True
    ),
    "data": CommandSource(
        "ground_truth.data_set.cli", "app", "Check and fetch the data sets.", is_group=True
    ),
    "validate": CommandSource(
        "evaluator.commands.score", "register", "Check a submission against a case list."
    ),
    "score": CommandSource(
        "evaluator.commands.score", "register", "Score a submission against a ground truth."
    ),
    "compare": CommandSource("evaluator.commands.compare", "register", "Compare saved results."),
    "rank": CommandSource(
        "evaluator.commands.compare", "register", "Rank a folder of saved results."
    ),
    "ensemble": CommandSource(
        "evaluator.commands.compare", "register", "Combine the best saved results."
    ),
    "detections": CommandSource(
        "evaluator.commands.detections", "register", "Turn one heatmap into its detections."
    ),
    "outcomes": CommandSource(
        "evaluator.commands.outcomes", "register", "Write hits and misses for ASAP or QuPath."
    ),
    "serve": CommandSource("webapp.commands.serving", "app", "Serve everything on this machine."),
    "demo": CommandSource("webapp.demo.command", "app", "Serve a seeded demo challenge."),
    "web": CommandSource("webapp.commands.serving", "app", "Run the web server alone."),
    "worker": CommandSource("webapp.commands.serving", "app", "Run a worker alone."),
    "beat": CommandSource("webapp.commands.serving", "app", "Run the sweeper alone."),
    "doctor": CommandSource("webapp.commands.doctor", "app", "Check that every promise is kept."),
    "db": CommandSource("webapp.commands.database", "app", "Prepare the database.", is_group=True),
    "user": CommandSource("webapp.commands.people", "user", "Add people.", is_group=True),
    "token": CommandSource("webapp.commands.people", "token", "Add API tokens.", is_group=True),
    "team": CommandSource(
        "webapp.commands.people", "team", "List, add and join teams.", is_group=True
    ),
    "phase": CommandSource("webapp.commands.phases", "app", "Add phases.", is_group=True),
    "quota": CommandSource("webapp.commands.quotas", "app", "Grant attempts.", is_group=True),
    "work": CommandSource(
        "webapp.commands.work", "app", "Show the queue, and move its rows.", is_group=True
    ),
}


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a placeholder with name and summary, which is all that help needs."""
        del ctx
        source = COMMANDS.get(cmd_name)
        return None if source is None else TyperCommand(cmd_name, help=source.summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is called; what the service's own write is their user's alone.

        The offline commands write for whoever calls them, with that person's umask.
        """
        name, _, rest = super().resolve_command(ctx, args)
        if COMMANDS[str(name)].is_of_the_service:
            from webapp.privacy import private_new_files

            ctx.with_resource(private_new_files())
        return name, _load(str(name)), rest


app = typer.Typer(
    cls=LazyGroup,
    name="camelyon",
    help="Evaluate and rank submissions to CAMELYON16 and CAMELYON17 challenges.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(version(DISTRIBUTION))
        except PackageNotFoundError:
            typer.echo("unknown: not installed")
        raise typer.Exit


@app.callback()
def _camelyon(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda value: _show_version(wanted=value)),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line: 0 done, 1 failed, 2 wrong usage, 3 the submission has problems."""
    app(prog_name="camelyon")


def _load(name: str) -> Any:
    source = COMMANDS[name]
    application = getattr(import_module(source.module), source.application)
    if not isinstance(application, typer.Typer):
        filled = typer.Typer(add_completion=False, rich_markup_mode=None)
        application(filled)
        application = filled
    command = typer.main.get_command(application)
    if source.is_group or not isinstance(command, TyperGroup):
        return command
    return command.commands[name]


if __name__ == "__main__":
    main()
