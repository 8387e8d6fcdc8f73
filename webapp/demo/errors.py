"""What stops a demonstration, in words for the person who started it."""


class DemoError(Exception):
    """The demonstration cannot be made or continued."""
