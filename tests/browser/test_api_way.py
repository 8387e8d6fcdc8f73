"""Goes the whole way by API: phases, case list, submit, follow, board; offline to equal bytes."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.demo_process import Demo

pytestmark = pytest.mark.processes

FILES = {"lesions": "lesions.zip", "slides": "slides.csv", "staging": "stages.csv"}
API = "/api/v1"
UNFINISHED_STATES = {"received", "validating", "queued", "running"}


@pytest.fixture
def client(demo: Demo) -> Iterator[httpx.Client]:
    """Speak to the API as the participant's script does."""
    with httpx.Client(
        base_url=demo.url, headers={"Authorization": f"Bearer {demo.token}"}
    ) as client:
        yield client


def submit(client: httpx.Client, phase: str, content: bytes, key: str) -> httpx.Response:
    return client.post(
        f"{API}/submissions",
        data={"phase": phase, "method": f"Script for {phase}"},
        files={"file": (FILES[phase], content)},
        headers={"Idempotency-Key": key},
    )


def follow(client: httpx.Client, location: str) -> dict[str, object]:
    """Poll a submission until it is finished."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        body: dict[str, object] = client.get(location).raise_for_status().json()
        if body["state"] not in UNFINISHED_STATES:
            return body
        time.sleep(0.2)
    raise TimeoutError(f"{location} is still {body['state']}")


def stored_result(home: Path, public_id: str) -> str:
    """Read the bytes of a result from the service's database."""
    database = sqlite3.connect(f"file:{home}/camelyon.sqlite3?mode=ro", uri=True)
    try:
        (text,) = database.execute(
            "SELECT result FROM evaluation JOIN submission ON submission.id = submission_id"
            " WHERE public_id = ?",
            (public_id,),
        ).fetchone()
    finally:
        database.close()
    return str(text)


def score_offline(demo: Demo, phase: dict[str, object], file: Path) -> str:
    """Run ``camelyon score`` on the same file, truth and parameters."""
    parameters = demo.home / f"{phase['slug']}-parameters.json"
    parameters.write_text(json.dumps(phase["parameters"]))
    truth = demo.home / "truth" / str(phase["truth_version"])
    command = [sys.executable, "-m", "webapp.cli", "score"]
    command += ["--truth", str(truth), "--kind", str(phase["kind"])]
    command += ["--parameters", str(parameters), str(file), "--json", "-"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return str(done.stdout)


@pytest.mark.parametrize("phase", FILES)
def test_a_script_submits_follows_and_finds_itself_on_the_board(
    demo: Demo, client: httpx.Client, samples: Path, phase: str
) -> None:
    phases = {item["slug"]: item for item in client.get(f"{API}/phases").json()["items"]}
    cases = client.get(f"{API}/phases/{phase}/cases").raise_for_status().json()
    assert cases["truth_version"] == phases[phase]["truth_version"]

    file = samples / FILES[phase]
    answer = submit(client, phase, file.read_bytes(), f"way-{phase}")
    assert answer.status_code == 202
    body = follow(client, answer.headers["Location"])

    assert body["state"] == "scored"
    stored = stored_result(demo.home, str(body["id"]))
    assert stored == score_offline(demo, phases[phase], file)
    rows = client.get(f"{API}/phases/{phase}/leaderboard").json()["items"]
    (own,) = [row for row in rows if row["submission"] == body["id"]]
    assert own["team"] == "Visitors"
    assert own["score"] == body["score"] == round(json.loads(stored)["aggregates"]["score"], 4)


def test_the_same_key_and_file_are_one_submission(client: httpx.Client, samples: Path) -> None:
    # The same score for every slide: not better than the test above, which stays on the board.
    content = re.sub(rb",0\.\d+", b",0.5", (samples / FILES["slides"]).read_bytes())

    first = submit(client, "slides", content, "twice")
    second = submit(client, "slides", content, "twice")
    other = submit(client, "slides", content.replace(b"0.5", b"0.6"), "twice")

    assert second.status_code == 202
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422


def test_a_faulty_file_is_rejected_with_file_and_line_and_costs_nothing(
    client: httpx.Client, samples: Path
) -> None:
    before = client.get(f"{API}/me/quota", params={"phase": "lesions"}).raise_for_status().json()
    content = (samples / "lesions_with_problems.zip").read_bytes()

    body = follow(client, submit(client, "lesions", content, "faulty").headers["Location"])

    assert body["state"] == "rejected"
    assert body["refunded"] is True
    assert client.get(f"{API}/me/quota", params={"phase": "lesions"}).json() == before
    report = body["report"]
    assert isinstance(report, dict)
    places = {(problem["code"], problem["file"]) for problem in report["problems"]}
    assert ("confidence_out_of_range", "test_001.csv") in places
    assert ("outside_slide", "test_001.csv") in places
    assert all(
        problem["line"] for problem in report["problems"] if problem["code"] != "missing_slide"
    )


def test_without_a_token_nothing_is_taken(demo: Demo, samples: Path) -> None:
    with httpx.Client(base_url=demo.url) as stranger:
        answer = submit(stranger, "slides", (samples / FILES["slides"]).read_bytes(), "none")

    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")
