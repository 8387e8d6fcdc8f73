"""Defines the commands ``camelyon data check`` and ``camelyon data fetch``."""

import json
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from obstore.store import S3Store

    from ground_truth.data_set.bucket import BucketObject
    from ground_truth.data_set.checksums import Checksum
    from ground_truth.data_set.contents import DataSet, Part
    from ground_truth.data_set.fetching import FetchOutcome, FetchPlan
    from ground_truth.data_set.verification import FileComparison, VerificationState
    from ground_truth.data_set.wording import Findings

ASK_ABOVE_GB = 10.0
"""Annotations, tables and masks of CAMELYON16 are 9 GB together; its slides are 700 GB."""

_BYTES_PER_GB = 10**9

app = typer.Typer(no_args_is_help=True, help="Check or fetch CAMELYON16 and CAMELYON17.")

PartsOption = Annotated[
    str | None,
    typer.Option(
        metavar="PARTS",
        help="annotations,reference,masks,tissue,images: some of these, with commas between.",
    ),
]


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False)],
    *,
    only: PartsOption = None,
    verify: Annotated[
        bool, typer.Option(help="Compare files with the checksum lists that are there.")
    ] = True,
    state: Annotated[
        Path | None, typer.Option(help="Where to remember what was compared; by default in DIR.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """List what is there and missing of CAMELYON16 and CAMELYON17, and compare checksums.

    Exit code 0 means that nothing is missing, damaged or different. Without --only the images must
    be whole, and the outlines if any are there.
    """
    from ground_truth.data_set.verification import STATE_NAME, load_verified
    from ground_truth.data_set.wording import findings_as_json, findings_as_text

    parts = _parts(only)
    remembered = load_verified(state or folder / STATE_NAME) if verify else None
    findings = _findings(folder, parts, remembered)
    words = (
        json.dumps(findings_as_json(findings), indent=2) if as_json else findings_as_text(findings)
    )
    typer.echo(_printable(words))
    if not findings.is_good:
        raise typer.Exit(1)


@app.command()
def fetch(  # noqa: PLR0913 - one argument for each option
    data_set: Annotated[str, typer.Argument(metavar="camelyon16|camelyon17")],
    *,
    into: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Target folder.")],
    only: PartsOption = None,
    slides: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Slides to fetch, as 'tumor_0*,test_001'.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Another S3 server than AWS.")
    ] = None,
    bucket: Annotated[str | None, typer.Option(help="Another bucket's name.")] = None,
    ask_above: Annotated[
        float, typer.Option(metavar="GB", min=0, help="Ask before moving more than this.")
    ] = ASK_ABOVE_GB,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Fetch a data set from AWS open data, without credentials; run again to go on.

    A file gets its name once its size and md5 are right. An object that fails does not stop the
    others; the exit code is then 1.
    """
    from ground_truth.data_set.bucket import BUCKET_NAME, FetchError
    from ground_truth.data_set.fetching import make_plan

    chosen, parts = _data_set(data_set), _parts(only)
    try:
        store, objects = _objects(chosen, bucket or BUCKET_NAME, endpoint)
        wanted = _wanted(objects, parts, slides)
        plan = make_plan(wanted, into)
        typer.echo(_plan_text(plan))
        _confirm_fetch(plan, into, yes=yes, ask_above_gb=ask_above)
        outcomes = _run(plan, store, into)
    except FetchError as error:
        _fail(str(error))
    typer.echo(_outcomes_text(outcomes))
    if any(each.reason for each in outcomes):
        raise typer.Exit(1)


def _findings(
    folder: Path, parts: "Collection[Part] | None", state: "VerificationState | None"
) -> "Findings":
    from ground_truth.data_set.check import report_data_sets
    from ground_truth.data_set.checksums import read_checksum_lists
    from ground_truth.data_set.contents import Part
    from ground_truth.data_set.layouts import take_inventory
    from ground_truth.data_set.wording import Findings

    inventory = take_inventory(folder)
    lists = read_checksum_lists(folder, inventory.checksum_lists)
    listed = {each.path for each in lists.checksums}
    images = [each.path for each in inventory.items if each.part is Part.IMAGES]
    verified = None if state is None else _verify(folder, lists.checksums, state)
    return Findings(
        inventory=inventory,
        reports=report_data_sets(inventory, parts),
        verified=verified,
        unlisted=sum(path.partition("!")[0] not in listed for path in images),
        problems=(*inventory.problems, *lists.problems),
        notices=(state.notice,) if state and state.notice else (),
    )


def _verify(
    folder: Path, checksums: "Collection[Checksum]", state: "VerificationState"
) -> "tuple[FileComparison, ...]":
    from ground_truth.data_set.verification import verify

    sizes = [_size_of(folder / each.path) for each in checksums]
    with _bar("Comparing", sum(sizes)) as advance:
        return tuple(verify(folder, checksums, state, advance))


def _objects(
    data_set: "DataSet", bucket: str, endpoint: str | None
) -> "tuple[S3Store, tuple[BucketObject, ...]]":
    from ground_truth.data_set.bucket import FetchError, list_data_set, open_bucket

    store = open_bucket(bucket, endpoint)
    listing = list_data_set(store, data_set)
    for reason in listing.refused:
        typer.echo(_printable(f"refused: {reason}"), err=True)
    if not listing.objects:
        raise FetchError(f"the bucket {bucket} has nothing below {data_set.folder}/")
    return store, listing.objects


def _wanted(
    objects: "Collection[BucketObject]", parts: "Collection[Part] | None", slides: str | None
) -> "tuple[BucketObject, ...]":
    from ground_truth.data_set.bucket import FetchError, select_objects
    from ground_truth.data_set.contents import Part

    wanted = select_objects(objects, frozenset(Part) if parts is None else parts, slides)
    if not wanted or (slides and not any(each.slide for each in wanted)):
        raise FetchError("nothing in the bucket matches --only and --slides")
    return wanted


def _plan_text(plan: "FetchPlan") -> str:
    from ground_truth.data_set.contents import Part

    lines = []
    for part in Part:
        sizes = [each.size_bytes for each in plan.to_fetch if each.part is part]
        if sizes:
            lines.append(f"{part}: {_count_text(len(sizes))}, {_size_text(sum(sizes))}")
    lines.append(f"already here: {_count_text(len(plan.here))}")
    lines.append(f"to fetch: {_count_text(len(plan.to_fetch))}, {_size_text(plan.bytes_to_fetch)}")
    return "\n".join(lines)


def _confirm_fetch(plan: "FetchPlan", into: Path, *, yes: bool, ask_above_gb: float) -> None:
    """Ask before a large fetch; where nobody can answer, a large fetch needs ``--yes``."""
    from ground_truth.data_set.fetching import missing_space_bytes

    if lacking := missing_space_bytes(plan, into):
        _fail(f"{into} has not room for that: {_size_text(lacking)} are lacking")
    if yes or plan.bytes_to_fetch <= ask_above_gb * _BYTES_PER_GB:
        return
    if not sys.stdin.isatty():
        _fail(f"that is more than {ask_above_gb:g} GB and there is no one to ask: add --yes")
    typer.confirm("Fetch them?", abort=True)


def _run(plan: "FetchPlan", store: "S3Store", into: Path) -> "tuple[FetchOutcome, ...]":
    from ground_truth.data_set.fetching import FetchContext, fetch_all
    from ground_truth.data_set.verification import STATE_NAME, load_verified

    into.mkdir(parents=True, exist_ok=True)
    state = load_verified(into / STATE_NAME)
    with _bar("Fetching", plan.bytes_to_fetch) as advance:
        fetching = FetchContext(store, into, state, advance, threading.Event())
        outcomes = tuple(fetch_all(plan, fetching))
    if state.notice:
        typer.echo(f"note: {state.notice}", err=True)
    return outcomes


def _outcomes_text(outcomes: "Collection[FetchOutcome]") -> str:
    from ground_truth.data_set.fetching import FetchStatus

    titles = {
        FetchStatus.FETCHED: "fetched, size and md5 right",
        FetchStatus.HERE: "already here, md5 right",
        FetchStatus.SIZE_ONLY: "size right, no md5 known to compare with",
        FetchStatus.FAILED: "failed",
    }
    counts = {status: sum(each.status is status for each in outcomes) for status in FetchStatus}
    failures = sorted(f"  {each.path}: {each.reason}" for each in outcomes if each.reason)
    lines = [f"{titles[status]}: {count}" for status, count in counts.items() if count]
    return _printable("\n".join([*lines, *failures]))


def _data_set(name: str) -> "DataSet":
    from ground_truth.data_set.contents import data_set_named

    try:
        return data_set_named(name)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="DATA_SET") from error


def _parts(only: str | None) -> "frozenset[Part] | None":
    from ground_truth.data_set.contents import Part

    if only is None:
        return None
    try:
        return frozenset(Part(name.strip().casefold()) for name in only.split(","))
    except ValueError as error:
        known = ", ".join(Part)
        raise typer.BadParameter(f"{error}; known are {known}", param_hint="--only") from error


@contextmanager
def _bar(title: str, total_bytes: int) -> "Iterator[Callable[[int], None]]":
    """Show progress on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total_bytes)
        yield lambda count: progress.advance(task, count)


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _size_text(size_bytes: int) -> str:
    from rich.filesize import decimal

    return decimal(size_bytes)


def _count_text(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _printable(words: str) -> str:
    """Replace the characters by which a file's name could control a terminal."""
    clean = "".join(each if each.isprintable() or each == "\n" else "?" for each in words)
    return clean.encode("utf-8", "replace").decode("utf-8")


def _fail(message: str) -> NoReturn:
    typer.echo(_printable(f"Error: {message}"), err=True)
    raise typer.Exit(1)
