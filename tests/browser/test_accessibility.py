"""WCAG by axe on every page, at phone and desk width, light and dark."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import site
from tests.browser.demo_process import Demo
from tests.browser.watching import Watch

pytestmark = pytest.mark.browser

HEIGHT_PX = 900


def violations(page: Page, names: Iterable[str]) -> list[str]:
    """Visit pages; return what axe finds and what reaches beyond the width of the window."""
    axe, found = Axe(), []
    for name in names:
        results = axe.run(page)
        found += [
            f"{name}: {one['id']} {[node['target'] for node in one['nodes']]}"
            for one in results.response["violations"]
        ]
        if page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{name}: the page scrolls sideways")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [390, 1280])
def test_no_page_has_an_accessibility_violation_or_an_error(
    chromium: Browser,
    demo: Demo,
    samples: Path,
    width_px: int,
    scheme: Literal["light", "dark"],
) -> None:
    found: list[str] = []
    complaints: list[str] = []
    for visit in ("public", "participant", "newcomer", "organiser"):
        context = chromium.new_context(
            base_url=demo.url,
            viewport={"width": width_px, "height": HEIGHT_PX},
            color_scheme=scheme,
        )
        page = context.new_page()
        watch = Watch(page)
        visits = {
            "public": lambda page=page: site.public_pages(page),
            "participant": lambda page=page: site.participants_pages(page, demo, samples),
            "newcomer": lambda page=page: site.newcomers_pages(page, f"New {width_px} {scheme}"),
            "organiser": lambda page=page: site.organisers_pages(page, demo),
        }
        found += violations(page, chain(visits[visit]()))
        complaints += watch.complaints
        context.close()

    assert found == []
    assert complaints == []
