"""Saves a picture of every page and state, at phone and desk width: ``make screenshots``."""

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import site, states
from tests.browser.conftest import CHROMIUM_OPTIONS
from tests.browser.demo_process import Demo, running_demo
from tests.webapp.people import make_world

WIDTHS_PX = (390, 1280)
HEIGHT_PX = 900


def main(folder: Path) -> None:
    """Run a demonstration on a temporary home and photograph it."""
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        running_demo(Path(home)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_OPTIONS)
        )
        for width_px in WIDTHS_PX:
            photograph(browser, demo, width_px, folder)
            photograph_states(browser, width_px, folder)
        browser.close()


def photograph(browser: Browser, demo: Demo, width_px: int, folder: Path) -> None:
    """Visit every page at one width, as each kind of visitor."""
    samples = demo.home / "samples"
    for make in (
        site.public_pages,
        lambda page: site.participants_pages(page, f"Greta {width_px}", samples),
        lambda page: site.newcomers_pages(page, f"Newcomer {width_px}"),
        lambda page: site.organisers_pages(page, demo),
    ):
        context = browser.new_context(
            base_url=demo.url, viewport={"width": width_px, "height": HEIGHT_PX}
        )
        page = context.new_page()
        save(page, make(page), folder, width_px)
        context.close()


def photograph_states(browser: Browser, width_px: int, folder: Path) -> None:
    """Visit every state that the demonstration never shows, in dark colours."""
    with (
        tempfile.TemporaryDirectory() as home,
        states.served(make_world(Path(home))) as served,
    ):
        for visit in (states.public_states, states.own_states):
            context = browser.new_context(
                base_url=served.url,
                viewport={"width": width_px, "height": HEIGHT_PX},
                color_scheme="dark",
            )
            page = context.new_page()
            save(page, (f"state-{name}" for name in visit(page, served)), folder, width_px)
            context.close()


def save(page: Page, names: Iterable[str], folder: Path, width_px: int) -> None:
    """Save a picture of each page."""
    for name in names:
        page.screenshot(path=folder / f"{name}-{width_px}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots"))
