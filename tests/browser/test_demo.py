"""Checks that the demonstration keeps its promises to visitors and to scripts."""

import json
import re

import httpx
import pytest

from tests.browser.demo_process import PHASES, Boards, Demo, Start

pytestmark = pytest.mark.processes

PROMISED_SECONDS = 50.0


def test_it_prints_the_two_lines_that_scripts_read(demo: Demo) -> None:
    organiser, ready = demo.lines

    assert re.fullmatch(r"organiser \S+@\S+ \S{12,}", organiser)
    assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+ \S+@\S+ \S{12,} cam_[0-9A-Za-z]{49}", ready)


def test_it_is_ready_in_the_promised_time(first_start: Start) -> None:
    assert first_start.demo.ready_seconds < PROMISED_SECONDS


@pytest.mark.parametrize("phase", PHASES)
def test_anybody_sees_at_least_five_ranked_teams(second_start: Start, phase: str) -> None:
    rows = second_start.boards[phase]

    ranked = [row for row in rows if row["rank"] is not None]
    assert len(ranked) >= 5
    assert all(isinstance(row["score"], float) for row in ranked)
    assert len({row["score"] for row in ranked}) >= 4


def test_the_baseline_is_shown_without_a_rank(second_start: Start) -> None:
    rows = second_start.boards["lesions"]

    baselines = [row for row in rows if row["badges"] == ["baseline"]]
    assert [row["team"] for row in baselines] == ["Threshold baseline"]
    assert baselines[0]["rank"] is None


@pytest.mark.parametrize("phase", PHASES)
def test_the_truth_is_public_and_everything_is_released(demo: Demo, phase: str) -> None:
    body = httpx.get(f"{demo.url}/api/v1/phases/{phase}").json()

    assert (body["kind"], body["truth_access"], body["release"]) == (phase, "public", "open")


def test_interrupted_it_ends_without_a_fault(first_start: Start) -> None:
    assert first_start.exit_code == 0


def test_started_again_it_serves_what_is_there(first_start: Start, second_start: Start) -> None:
    first, second = first_start.demo, second_start.demo

    assert _settled(second_start.boards) == _settled(first_start.boards)
    assert second.organiser == first.organiser
    assert second.participant == first.participant
    assert second.token == first.token
    assert second.ready_seconds < first.ready_seconds


def test_its_secrets_are_for_the_owner_of_the_home_only(demo: Demo) -> None:
    kept = demo.home / "demo.json"

    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["is_seeded"] is True


def _settled(boards: Boards) -> Boards:
    """Leave out what a worker adds after the scores: rank sets, and best attempts' intervals."""
    later = {"rank_set", "interval"}
    return {
        phase: [{name: row[name] for name in row if name not in later} for row in rows]
        for phase, rows in boards.items()
    }
