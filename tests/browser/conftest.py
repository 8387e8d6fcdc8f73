"""Gives tests a running demonstration and a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.demo_process import Demo, Start, boards_of, running_demo, stop
from tests.browser.watching import Watch

CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Run a demonstration on a new home, look at its boards, and stop it."""
    with running_demo(tmp_path_factory.mktemp("demo") / "home") as demo:
        return Start(demo, boards_of(demo.url), stop(demo.process))


@pytest.fixture(scope="session")
def second_start(first_start: Start) -> Iterator[Start]:
    """Run the demonstration again on that home, for all tests of this folder."""
    with running_demo(first_start.demo.home) as demo:
        yield Start(demo, boards_of(demo.url))


@pytest.fixture(scope="session")
def demo(second_start: Start) -> Demo:
    """Return the running demonstration."""
    return second_start.demo


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of a chromium, or skip; in CI a missing one fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "no chromium on PATH: the browser tests need one (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """Start one browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_OPTIONS)
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """Open a window of a new visitor."""
    context = chromium.new_context(base_url=demo.url)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Open a page, and fail at the end if it broke its content policy or logged an error."""
    page = context.new_page()
    watch = Watch(page)
    yield page
    assert watch.complaints == []


@pytest.fixture(scope="session")
def samples(demo: Demo) -> Path:
    """Return the folder of files that a visitor may upload."""
    return demo.home / "samples"
