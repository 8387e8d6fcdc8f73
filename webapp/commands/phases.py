"""Defines ``camelyon phase``, which adds phases from a small TOML or JSON file."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session

from evaluator.metrics.resampling import RESAMPLES
from ground_truth.errors import TruthError
from ground_truth.types import Kind
from ground_truth.versions import case_list, load_truth
from webapp.commands.failures import failure, plain_errors
from webapp.commands.options import HomeOption, runtime_of
from webapp.database.models import (
    DEFAULT_GRACE_SECONDS,
    DEFAULT_QUOTA_LIMIT,
    Release,
    Selection,
    TruthAccess,
)
from webapp.services.people import directory
from webapp.services.phases import challenges
from webapp.services.phases.challenges import PhaseSpec

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


class ChallengeFile(BaseModel):
    """The challenge that a phase belongs to; added if its slug is new."""

    model_config = ConfigDict(extra="forbid")

    slug: str
    name: str = ""
    summary: str = ""


class PhaseFile(BaseModel):
    """A phase as an organiser's file describes it; omitted fields have the service's defaults."""

    model_config = ConfigDict(extra="forbid")

    challenge: ChallengeFile
    slug: str
    name: str
    kind: Kind
    truth: Path | None = None
    summary: str = ""
    opens_at: datetime
    closes_at: datetime | None = None
    grace_seconds: int = DEFAULT_GRACE_SECONDS
    quota_limit: int = DEFAULT_QUOTA_LIMIT
    quota_window_days: int | None = None
    selection: Selection = Selection.BEST
    truth_access: TruthAccess = TruthAccess.HIDDEN
    release: Release = Release.AGGREGATE
    after_close: Release = Release.AGGREGATE
    is_board_public: bool = True
    parameters: dict[str, Any] | None = None
    n_resamples: int = RESAMPLES


@app.callback()
def _phases() -> None:
    """Add phases."""


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="TOML, or JSON by its name.", exists=True)],
    truth: Annotated[
        Path | None, typer.Option(metavar="ROOT/VERSION", help="Wins over the file's.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Add a phase, and its challenge where that is new; copies the truth's public case list."""
    with plain_errors():
        phase_file = _read(file)
        folder = truth or phase_file.truth
        if folder is None:
            raise failure("which truth? give --truth, or `truth` in the file")
        try:
            cases = case_list(load_truth(folder))
        except TruthError as error:
            raise failure(str(error)) from None
        with runtime_of(home).session() as session:
            _add_challenge(session, phase_file.challenge)
            typer.echo(challenges.add_phase(session, _spec(phase_file), cases).slug)


@app.command("list")
def list_phases(home: HomeOption = None) -> None:
    """List phases: slug, kind, state, truth version, scoring."""
    with plain_errors(), runtime_of(home).reading() as session:
        for phase in challenges.list_phases(session):
            typer.echo(
                f"{phase.slug}  {phase.kind}  {phase.state}  {phase.truth_version}  {phase.scoring}"
            )


def _read(file: Path) -> PhaseFile:
    try:
        text = file.read_text(encoding="utf-8")
        body = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        return PhaseFile.model_validate(body)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise failure("\n".join(lines)) from None
    except (OSError, ValueError) as error:
        raise failure(f"{file}: {error}") from None


def _add_challenge(session: Session, challenge: ChallengeFile) -> None:
    if not directory.has_challenge(session, challenge.slug):
        challenges.add_challenge(
            session,
            slug=challenge.slug,
            name=challenge.name or challenge.slug,
            summary=challenge.summary,
        )


def _spec(phase_file: PhaseFile) -> PhaseSpec:
    values = phase_file.model_dump(exclude={"challenge", "truth", "opens_at", "closes_at"})
    return PhaseSpec(
        challenge_slug=phase_file.challenge.slug,
        opens_at=_as_utc(phase_file.opens_at),
        closes_at=None if phase_file.closes_at is None else _as_utc(phase_file.closes_at),
        **values,
    )


def _as_utc(value: datetime) -> datetime:
    """Return a time without a zone as UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)
