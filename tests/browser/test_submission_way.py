"""Goes from registration to the board in a real browser, with and without JavaScript."""

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import visitors
from tests.browser.demo_process import Demo, process_group

pytestmark = pytest.mark.browser


def test_a_new_team_goes_from_registration_to_the_board(
    page: Page, demo: Demo, samples: Path
) -> None:
    visitors.register(page, "Wilma Tern")
    visitors.create_team(page, "Tern Colony")
    visitors.send(page, "lesions", samples / "lesions.zip")
    expect(page.get_by_text("No problems found.")).to_be_visible()
    expect(page.get_by_text("attempt 1 of 20")).to_be_visible()

    worker = process_group(demo, "worker")
    os.killpg(worker, signal.SIGSTOP)  # so that the running state can be seen
    try:
        visitors.confirm(page, "Careful reading")
        expect(page.get_by_text("Waiting to be scored")).to_be_visible()
        page.evaluate("() => { document.body.dataset.same = 'yes' }")
    finally:
        os.killpg(worker, signal.SIGCONT)

    expect(page.locator("#status [data-state=scored]")).to_be_visible()
    assert page.evaluate("() => document.body.dataset.same") == "yes"  # never reloaded
    score = page.locator("#score").inner_text()
    page.get_by_role("link", name="See the leaderboard").click()
    own = page.get_by_role("row").filter(has_text="Tern Colony")
    expect(own).to_contain_text("Careful reading")
    expect(own).to_contain_text(score)
    expect(own).to_contain_text("Your team")


def test_a_faulty_file_shows_its_problems_and_costs_nothing(page: Page, samples: Path) -> None:
    visitors.register(page, "Otto Plover")
    visitors.create_team(page, "Plover Patch")

    visitors.send(page, "lesions", samples / "lesions_with_problems.zip")

    expect(page.get_by_text("This file cannot be submitted yet.")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="confidence_out_of_range")
    expect(row).to_contain_text(re.compile(r"test_001\.csv\s+line \d+"))
    expect(page.get_by_role("row").filter(has_text="missing_slide")).to_contain_text("test_012")
    expect(page.get_by_role("button", name="Confirm submission")).to_have_count(0)
    page.goto("/phases/lesions/submit")
    expect(page.get_by_text("20 of 20 submissions left")).to_be_visible()


def test_a_wrong_password_gets_a_plain_answer(page: Page, demo: Demo) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(demo.participant[0])
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("do not fit together")


def test_the_board_is_sorted_from_the_keyboard(page: Page) -> None:
    page.goto("/phases/lesions/leaderboard")
    page.get_by_role("button", name="Team and method").focus()
    page.keyboard.press("Enter")

    names = page.locator("#leaderboard tbody th").all_inner_texts()
    assert names == sorted(names, key=str.casefold) or names == sorted(
        names, key=str.casefold, reverse=True
    )


def test_without_javascript_the_whole_way_works(
    chromium: Browser, demo: Demo, samples: Path
) -> None:
    context = chromium.new_context(base_url=demo.url, java_script_enabled=False)
    context.set_default_timeout(20_000)
    page = context.new_page()

    visitors.register(page, "Nora Dunlin")
    visitors.create_team(page, "Dunlin Post")
    visitors.send(page, "staging", samples / "stages.csv")
    # The page reloads itself every three seconds.
    expect(page.get_by_text("No problems found.")).to_be_visible()
    visitors.confirm(page, "By hand")
    expect(page.locator("#status [data-state=scored]")).to_be_visible()
    page.get_by_role("link", name="See the leaderboard").click()

    expect(page.get_by_role("row").filter(has_text="Dunlin Post")).to_contain_text("By hand")
    context.close()
