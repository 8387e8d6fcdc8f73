"""Seeds a home until its boards are scored; repeating it makes nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from webapp.demo.credentials import (
    Credentials,
    DemoError,
    draw_credentials,
    load_credentials,
    save_credentials,
)
from webapp.demo.people import add_captains, add_organiser, add_participant
from webapp.demo.phases import add_phases
from webapp.demo.samples import write_samples
from webapp.demo.seeding import seed_submissions, wait_until_scored
from webapp.demo.truths import DemoTruths, build_truths, write_synthetic_data
from webapp.runtime import Runtime

SYNTHETIC_NAME = "synthetic"
SAMPLES_FOLDER = "samples"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a demonstration's data come from: a folder of real data, or None for synthetic."""

    home: Path
    data: Path | None

    @property
    def name(self) -> str:
        """Name of the source, as the home's credentials keep it."""
        return SYNTHETIC_NAME if self.data is None else str(self.data)


def credentials_of(sources: Sources) -> Credentials:
    """Return the home's credentials, which the first start draws and saves.

    Raises
    ------
    DemoError
        When the home already shows other data.
    """
    known = load_credentials(sources.home)
    if known is None:
        known = draw_credentials(sources.name)
        save_credentials(sources.home, known)
    if known.source != sources.name:
        raise DemoError(
            f"{sources.home} shows {known.source} data; choose another --home for {sources.name}"
        )
    return known


def prepare_truths(sources: Sources, root: Path) -> DemoTruths:
    """Write synthetic data where none are given, build both truths, and write the samples."""
    data = sources.data
    if data is None:
        data = sources.home / "data"
        write_synthetic_data(data)
    truths = build_truths(data, root)
    write_samples(sources.home / SAMPLES_FOLDER, truths)
    return truths


def seed(
    runtime: Runtime,
    sources: Sources,
    truths: DemoTruths,
    report_progress: Callable[[int, int], None],
) -> None:
    """Add phases, teams and submissions, and wait until all are scored."""
    credentials = credentials_of(sources)
    with runtime.session() as session:
        organiser = add_organiser(session, credentials)
        add_phases(session, truths, is_synthetic=sources.data is None)
        captains = add_captains(session)
    public_ids = seed_submissions(runtime, truths, captains, organiser.id)
    wait_until_scored(runtime, public_ids, report_progress)
    save_credentials(sources.home, replace(credentials_of(sources), is_seeded=True))


def welcome_participant(runtime: Runtime, sources: Sources) -> Credentials:
    """Add the participant with a team and a token if missing; return everyone's credentials."""
    credentials = credentials_of(sources)
    with runtime.session() as session:
        token = add_participant(session, credentials)
    credentials = replace(credentials, token=token)
    save_credentials(sources.home, credentials)
    return credentials
