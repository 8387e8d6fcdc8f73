"""Shows a page to the person in front of the machine, if there is one."""

import contextlib
import webbrowser


def open_quietly(url: str) -> None:
    """Open a page in a graphical browser; without one do nothing.

    A text browser (`webbrowser.GenericBrowser`) would take over the terminal.
    """
    with contextlib.suppress(webbrowser.Error):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:
            browser.open(url)
