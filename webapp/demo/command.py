"""Defines ``camelyon demo``, which seeds a challenge on this machine and serves it."""

import contextlib
import signal
import webbrowser
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from webapp.demo.credentials import Credentials
    from webapp.demo.demonstration import Sources
    from webapp.demo.truths import DemoTruths
    from webapp.processes.supervisor import Service
    from webapp.runtime import Runtime

app = typer.Typer(add_completion=False, rich_markup_mode=None)

DEFAULT_HOME = Path(".home/demo")
DEFAULT_PORT = 8000


@app.command()
def demo(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Folder with camelyon16/testing and camelyon17; without it data are made.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = DEFAULT_PORT,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page in a browser.")
    ] = False,
    home: Annotated[
        Path, typer.Option(file_okay=False, help="Folder that keeps everything.")
    ] = DEFAULT_HOME,
) -> None:
    """Serve a seeded demo challenge until Ctrl-C.

    Prints `organiser EMAIL PASSWORD` and, once every board is scored, `ready URL EMAIL PASSWORD
    TOKEN` for a participant with a team. Started again on the same home it serves what is there.
    """
    from webapp.commands.failures import plain_errors
    from webapp.demo.demonstration import Sources

    root = home.resolve()
    sources = Sources(root, None if data is None else data.resolve())
    with plain_errors(), _plain_demo_errors(), _until_interrupted():
        _serve(sources, port, opens_browser=not no_browser)


def _serve(sources: "Sources", port: int, *, opens_browser: bool) -> None:
    from webapp.demo.demonstration import SAMPLES_FOLDER, credentials_of
    from webapp.processes.home import prepare_home
    from webapp.processes.supervisor import running_service
    from webapp.runtime import Runtime

    home = prepare_home(sources.home)
    is_seeded = credentials_of(sources).is_seeded
    # Slides are drawn while the programs start: both take seconds of one processor.
    with ThreadPoolExecutor(1) as pool:
        truths = None if is_seeded else pool.submit(_truths, sources, home.truth)
        with running_service(sources.home, port=port) as service:
            credentials = _seed_and_welcome(Runtime(service.settings), sources, truths)
            typer.echo(f"Files to try an upload with: {sources.home / SAMPLES_FOLDER}", err=True)
            _announce(service, credentials)
            if opens_browser:
                _open_page(service.url)
            while True:
                signal.pause()


def _truths(sources: "Sources", root: Path) -> "DemoTruths":
    from webapp.demo.demonstration import prepare_truths

    return prepare_truths(sources, root)


def _seed_and_welcome(
    runtime: "Runtime", sources: "Sources", truths: "Future[DemoTruths] | None"
) -> "Credentials":
    """Seed a new home, and return everyone's credentials; a seeded home is left as it is."""
    from webapp.demo.demonstration import seed, welcome_participant

    if truths is not None:
        seed(runtime, sources, truths.result(), _print_progress)
    return welcome_participant(runtime, sources)


def _announce(service: "Service", credentials: "Credentials") -> None:
    """Print the two lines that scripts read, and nothing else, on standard output."""
    typer.echo(f"organiser {credentials.organiser_email} {credentials.organiser_password}")
    participant = f"{credentials.participant_email} {credentials.participant_password}"
    typer.echo(f"ready {service.url} {participant} {credentials.token}")


def _print_progress(scored: int, total: int) -> None:
    typer.echo(f"Scored {scored} of {total}", err=True)


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """End the block at Ctrl-C or SIGTERM without an error.

    SIGINT needs a handler too, since a shell starts background programs with it ignored.
    """
    stop_signals = (signal.SIGINT, signal.SIGTERM)
    previous_handlers = [signal.signal(end, signal.default_int_handler) for end in stop_signals]
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
    finally:
        for end, handler in zip(stop_signals, previous_handlers, strict=True):
            signal.signal(end, handler)


@contextmanager
def _plain_demo_errors() -> Iterator[None]:
    from ground_truth.errors import TruthError
    from webapp.commands.failures import failure
    from webapp.demo.credentials import DemoError

    try:
        yield
    except (DemoError, TruthError) as error:
        raise failure(str(error)) from None


def _open_page(url: str) -> None:
    """Open a page in a graphical browser; do nothing without one.

    A text browser (`webbrowser.GenericBrowser`) would take over the terminal.
    """
    with contextlib.suppress(webbrowser.Error):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:
            browser.open(url)
