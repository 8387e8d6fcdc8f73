"""Visits every page of the site, as strangers, participants, newcomers and organisers do."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import visitors
from tests.browser.demo_process import Demo

PUBLIC = {
    "start": "/",
    "problems": "/problems",
    "register": "/register",
    "sign-in": "/sign-in",
    "phase-lesions": "/phases/lesions",
    "phase-slides": "/phases/slides",
    "phase-staging": "/phases/staging",
    "board-lesions": "/phases/lesions/leaderboard",
    "board-slides": "/phases/slides/leaderboard",
    "board-staging": "/phases/staging/leaderboard",
    "missing": "/phases/nothing",
}


def public_pages(page: Page) -> Iterator[str]:
    """Go from page to page as a stranger; yield each one's name."""
    for name, path in PUBLIC.items():
        page.goto(path)
        yield name


def participants_pages(page: Page, name: str, samples: Path) -> Iterator[str]:
    """Go from page to page as a participant with a team; yield each one's name."""
    visitors.register(page, name)
    visitors.create_team(page, f"{name} and friends")
    page.goto("/")
    yield "start-signed-in"
    for label, path in (
        ("team", "/team"),
        ("tokens", "/tokens"),
        ("new", "/phases/lesions/submit"),
    ):
        page.goto(path)
        yield label
    page.goto("/tokens")
    page.get_by_label("Name", exact=True).fill("Laptop")
    page.get_by_role("button", name="Create token").click()
    yield "token-made"
    visitors.send(page, "lesions", samples / "lesions_with_problems.zip")
    expect(page.get_by_text("This file cannot be submitted yet.")).to_be_visible()
    yield "check-with-problems"
    yield from _submitted(page, samples)


def newcomers_pages(page: Page, name: str) -> Iterator[str]:
    """Go from page to page as somebody without a team; yield each one's name."""
    visitors.register(page, name)
    yield "no-team"
    for label, path in (("no-submissions", "/submissions"), ("no-quota", "/phases/slides/submit")):
        page.goto(path)
        yield label


def organisers_pages(page: Page, demo: Demo) -> Iterator[str]:
    """Go from page to page as an organiser; yield each one's name."""
    visitors.sign_in(page, *demo.organiser)
    page.goto("/submissions")
    yield "organisers-submissions"
    page.get_by_role("link", name="Two-scale ensemble, version 2").first.click()
    expect(page.get_by_role("heading", name="Organisers")).to_be_visible()
    yield "organisers-submission"


def _submitted(page: Page, samples: Path) -> Iterator[str]:
    for phase, file in (
        ("lesions", "lesions.zip"),
        ("slides", "slides.csv"),
        ("staging", "stages.csv"),
    ):
        visitors.send(page, phase, samples / file)
        expect(page.get_by_text("No problems found.")).to_be_visible()
        yield f"check-{phase}"
        visitors.confirm(page, f"Sample for {phase}")
        expect(page.locator("#status [data-state=scored]")).to_be_visible()
        yield f"submission-{phase}"
    page.goto("/submissions")
    yield "submissions"
