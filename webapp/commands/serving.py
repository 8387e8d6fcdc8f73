"""Defines ``camelyon serve``, ``web``, ``worker`` and ``beat``, the programs of a service."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

DEFAULT_PORT = 8000


@app.command()
def serve(
    home: Annotated[Path, typer.Option(help="Folder that holds everything.")] = Path(".home"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = DEFAULT_PORT,
) -> None:
    """Serve everything on this machine: web, worker, sweeper and, by default, the broker."""
    from webapp.commands.failures import plain_errors
    from webapp.processes.logs import configure_logs
    from webapp.processes.supervisor import serve
    from webapp.settings import LogFormat

    configure_logs(LogFormat(os.environ.get("CAMELYON_LOG_FORMAT", LogFormat.CONSOLE)))
    with plain_errors():
        serve(home, port)


@app.command()
def web(
    bind: Annotated[str, typer.Option(help="Address and port.")] = f"127.0.0.1:{DEFAULT_PORT}",
    processes: Annotated[int, typer.Option(min=1, max=64, help="Of 8 threads each.")] = 1,
) -> None:
    """Run the web server alone, with the settings of the environment."""
    from webapp.commands.failures import plain_errors
    from webapp.privacy import close_path
    from webapp.processes import programs
    from webapp.settings import load_settings

    with plain_errors():
        settings = load_settings()
    with suppress(OSError):  # no folder yet, or another's: `camelyon doctor` tells
        close_path(settings.blob_dir, settings.blob_dir.stat().st_mode)
    command = programs.web(bind, processes).command
    os.execve(command[0], command, programs.with_own_packages(os.environ))  # noqa: S606 - our own


@app.command()
def worker(
    processes: Annotated[int | None, typer.Option(min=1, help="By default one a core.")] = None,
) -> None:
    """Run a worker alone, with the settings of the environment."""
    from webapp.commands.failures import plain_errors

    with plain_errors():
        from webapp.worker.app import run

        run(processes)


@app.command()
def beat() -> None:
    """Run the sweeper alone, with the settings of the environment."""
    from webapp.commands.failures import plain_errors

    with plain_errors():
        from webapp.processes.beat import run

        run()
