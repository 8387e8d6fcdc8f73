"""Attacks a real service with slow clients and measures what everybody else notices.

    python -m tests.slow_clients.proof [--seconds 60]

Sixty connections for half of the time, then five hundred: half heads, forms and uploads whose body
never comes, anonymous and with a token, all from the address of the honest clients. Ends with 1 if
the slowest hundredth of the answers took more than a second, an upload failed or memory grew.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.builders import zip_file
from tests.faults.arena import Arena, arena
from tests.faults.tiny_phase import DETECTIONS, PHASE
from tests.slow_clients.attack import DEAD_FORM, HALF_HEAD, attack, dead_upload
from tests.slow_clients.honest import Seen, ask_for, submission, upload_all
from webapp.database.models import Scope
from webapp.services.people import tokens

PAGES = ("/healthz", f"/phases/{PHASE}/leaderboard")
LIMIT_SECONDS = 1.0
GROWTH_LIMIT_MIB = 32.0
UPLOAD_BYTES = 400_000
_WARM_UP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What honest clients saw during one attack."""

    pages: dict[str, Seen]
    uploads: list[tuple[int, str]]
    statuses: dict[str, int]


@dataclass(frozen=True, slots=True)
class Site:
    """A running service, and what honest clients need to use it."""

    port: int
    token: str
    file: bytes

    def warm_up(self, seconds: float) -> None:
        """Ask for each page for a while; the first answers cost more."""
        for path in PAGES:
            ask_for(self.port, path, seconds)

    def measure(self, n_connections: int, seconds: float) -> Measured:
        """Attack for this long, with ten honest uploads and two askers among it."""
        starts = (HALF_HEAD, DEAD_FORM, dead_upload(), dead_upload(self.token))
        requests = [
            submission(self.token, PHASE, f"upload {n_connections} {number}", self.file)
            for number in range(10)
        ]
        with (
            attack(self.port, starts, n_connections) as found,
            ThreadPoolExecutor(len(PAGES)) as pool,
        ):
            pages = {path: pool.submit(ask_for, self.port, path, seconds) for path in PAGES}
            uploads = upload_all(self.port, requests)
            seen = {path: one.result() for path, one in pages.items()}
        return Measured(seen, uploads, dict(found.statuses))


def site_of(place: Arena, folder: Path) -> Site:
    """Return the site of a running service."""
    with place.runtime.session() as session:
        scopes = frozenset({Scope.SUBMIT, Scope.READ})
        token = tokens.create_token(session, user_id=place.user_id, name="slow", scopes=scopes)
    port = urlsplit(place.service.url).port
    assert port is not None
    file = zip_file(folder / "upload.zip", DETECTIONS).read_bytes()
    # The check will refuse it for what follows the zip; here its size counts.
    return Site(port, token, file + b"\0" * (UPLOAD_BYTES - len(file)))


def web_memory_mib(master: int) -> float:
    """Return the resident memory of the web server's processes."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return sum(_resident_mib(int(process)) for process in [master, *map(int, children)])


def _resident_mib(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def report(n_connections: int, measured: Measured) -> bool:
    """Print what was measured; tell whether it is good."""
    print(f"{n_connections} slow connections, which were answered {measured.statuses}")
    is_good = True
    for path, seen in measured.pages.items():
        p50, p99, longest = seen.quantile(0.5), seen.quantile(0.99), max(seen.seconds)
        print(
            f"  {path}: {len(seen.seconds)} answers, p50 {p50:.3f} s, p99 {p99:.3f} s,"
            f" max {longest:.3f} s, failed {list(seen.failures)}"
        )
        is_good = is_good and p99 <= LIMIT_SECONDS and not seen.failures
    accepted = sum(status == 202 for status, _ in measured.uploads)
    print(f"  honest uploads at 50 kB/s: {accepted} of {len(measured.uploads)} accepted")
    for status, text in measured.uploads:
        if status != 202:
            print(f"    {status} {text[:200]}")
    return is_good and accepted == len(measured.uploads)


def prove(place: Arena, folder: Path, seconds: float) -> bool:
    """Attack a running service; tell whether all is good."""
    site = site_of(place, folder)
    master = place.service.process_id("web")
    assert master is not None
    site.warm_up(_WARM_UP_SECONDS)
    began_mib = web_memory_mib(master)
    good = [report(number, site.measure(number, seconds / 2)) for number in (60, 500)]
    ended_mib = web_memory_mib(master)
    print(f"memory of the web processes: {began_mib:.0f} MiB, then {ended_mib:.0f} MiB")
    return all(good) and ended_mib - began_mib <= GROWTH_LIMIT_MIB


def main() -> None:
    """Run the proof that the command line describes."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--seconds", type=float, default=60.0)
    seconds = arguments.parse_args().seconds
    with tempfile.TemporaryDirectory() as name, arena(Path(name)) as place:
        is_good = prove(place, Path(name), seconds)
    print("good" if is_good else "BROKEN")
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
