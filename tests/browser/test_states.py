"""Checks WCAG by axe, and no sideways scrolling, in every state that a page can have."""

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import states
from tests.browser.states import Served
from tests.browser.test_accessibility import HEIGHT_PX, scrolls_sideways, violations_of
from tests.browser.watching import Watch
from tests.webapp.people import make_world

pytestmark = pytest.mark.browser

VIEWPORTS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "light"), (1280, "dark"))
"""Two of the four combinations, all of which other tests use on the normal pages."""

Visit = Callable[[Page, Served], Iterator[str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve all states."""
    with states.served(make_world(tmp_path_factory.mktemp("states"))) as served:
        yield served


@pytest.mark.parametrize("visit", [states.public_states, states.own_states])
def test_no_state_has_an_accessibility_violation_or_an_error(
    chromium: Browser, served: Served, visit: Visit
) -> None:
    context = chromium.new_context(base_url=served.url, reduced_motion="reduce")
    page = context.new_page()
    watch = Watch(page)
    found: list[str] = []

    for name in visit(page, served):
        for width_px, scheme in VIEWPORTS:
            page.set_viewport_size({"width": width_px, "height": HEIGHT_PX})
            page.emulate_media(color_scheme=scheme)
            faults = violations_of(page) + scrolls_sideways(page)
            found += [f"{name} {width_px} {scheme}: {fault}" for fault in faults]
    context.close()

    assert found == []
    # The browser logs every error page; here error pages are expected.
    assert [one for one in watch.complaints if not one.startswith("Failed to load")] == []
