"""Does what people do on the site, step by step."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

expect.set_options(timeout=20_000)

PASSWORD = "quiet otters read slides"


def register(page: Page, name: str) -> None:
    """Make an account and arrive at the page of the team."""
    page.goto("/register")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(f"{name.lower().replace(' ', '.')}@people.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page).to_have_url(re.compile("/team$"))


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in and arrive at the start page."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def create_team(page: Page, name: str) -> None:
    """Found a team."""
    page.goto("/team")
    page.get_by_label("Team name").fill(name)
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def send(page: Page, phase: str, file: Path) -> None:
    """Send a file to a phase and arrive at the page of its check."""
    page.goto(f"/phases/{phase}/submit")
    page.get_by_label("Your file").set_input_files(file)
    page.get_by_role("button", name="Send and check").click()
    expect(page).to_have_url(re.compile("/uploads/upl"))


def confirm(page: Page, method: str) -> None:
    """Confirm a checked file and arrive at the page of the submission."""
    page.get_by_label("Method", exact=False).first.fill(method)
    page.get_by_role("button", name="Confirm submission").click()
    expect(page).to_have_url(re.compile("/submissions/sub"))
