"""Writes times, sizes and scores for pages; scores arrive already rounded."""

from datetime import UTC, datetime

from flask import Flask
from markupsafe import Markup

_UNITS = ("bytes", "KiB", "MiB", "GiB")
_STEP = 1024


def utc(moment: datetime) -> Markup:
    """Write a moment as a time element in UTC."""
    at = moment.astimezone(UTC)
    words = f"{at.day} {at:%b %Y, %H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", words)


def time_left(moment: datetime) -> str:
    """Write the time until a moment in its largest whole unit, rounded down."""
    minutes = max(0, int((moment - datetime.now(UTC)).total_seconds() // 60))
    for name, length in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= 2 * length or name == "minute":
            count = minutes // length
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    raise ValueError("minutes are the smallest unit")


def file_size(size: int) -> str:
    """Write a number of bytes for people."""
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def number(value: float | None, decimals: int) -> str:
    """Write a number with fixed decimals, an undefined one as a dash."""
    return "\N{EN DASH}" if value is None else f"{value:.{decimals}f}"


def add_filters(app: Flask) -> None:
    """Offer the formats to templates."""
    app.add_template_filter(utc)
    app.add_template_filter(time_left)
    app.add_template_filter(file_size)
    app.add_template_filter(number)
