"""Collects the errors of a page, and breaches of its content policy."""

from playwright.sync_api import ConsoleMessage, Error, Page

_REFUSALS = ("404", "409", "422")
"""Answers of 4xx that pages give people on purpose; the browser logs every one."""


class Watch:
    """Collects the errors of a page from the moment it is opened."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._note_message)
        page.on("pageerror", self._note_error)

    def _note_message(self, message: ConsoleMessage) -> None:
        is_refusal = message.text.startswith("Failed to load resource") and any(
            f"status of {status}" in message.text for status in _REFUSALS
        )
        if message.type in {"error", "warning"} and not is_refusal:
            self.complaints.append(message.text)

    def _note_error(self, error: Error) -> None:
        self.complaints.append(error.message)
