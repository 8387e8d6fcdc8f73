"""Checks WCAG by axe on every page, at phone and desk width, light and dark."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import site
from tests.browser.demo_process import Demo
from tests.browser.watching import Watch

pytestmark = pytest.mark.browser

HEIGHT_PX = 900
WIDTHS_PX = (390, 1280)

Visit = Callable[[Page, Demo, Path], Iterator[str]]

VISITS: dict[str, Visit] = {
    "stranger": lambda page, _demo, _samples: site.public_pages(page),
    "participant": lambda page, _demo, samples: site.participants_pages(
        page, "Greta Godwit", samples
    ),
    "newcomer": lambda page, _demo, _samples: site.newcomers_pages(page, "Nelly Knot"),
    "organiser": lambda page, demo, _samples: site.organisers_pages(page, demo),
}


@pytest.mark.parametrize("visitor", VISITS)
def test_no_page_has_an_accessibility_violation_or_an_error(
    chromium: Browser, demo: Demo, samples: Path, visitor: str
) -> None:
    # Without motion, so that no colour is measured halfway from light to dark.
    context = chromium.new_context(base_url=demo.url, reduced_motion="reduce")
    page = context.new_page()
    watch = Watch(page)
    found: list[str] = []

    for name in VISITS[visitor](page, demo, samples):
        for width_px in WIDTHS_PX:
            page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
            found += [f"{name} {width_px}: {fault}" for fault in faults_of(page)]
    context.close()

    assert found == []
    assert watch.complaints == []


def faults_of(page: Page) -> list[str]:
    """Return what axe finds in both colour schemes, and whether the page scrolls sideways."""
    found = []
    page.emulate_media(color_scheme="light")
    found += violations_of(page)
    page.emulate_media(color_scheme="dark")
    found += violations_of(page)
    return found + scrolls_sideways(page)


def scrolls_sideways(page: Page) -> list[str]:
    """Return a fault where the whole page, not just a table in it, scrolls sideways."""
    is_wide = page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth")
    return ["the page scrolls sideways"] if is_wide else []


def violations_of(page: Page) -> list[str]:
    """Return the rules that axe sees broken, with the elements that break them."""
    return [
        f"{violation['id']} {[node['target'] for node in violation['nodes']]}"
        for violation in Axe().run(page).response["violations"]
    ]
