"""Writes numbers as text with fixed decimals, the same on every machine."""

import math

MINUS = "\N{MINUS SIGN}"


def fixed(value: float, decimals: int) -> str:
    """Write a number with a fixed number of decimals and a true minus sign; zero has no sign.

    Raises
    ------
    ValueError
        When the number is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be shown")
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def signed(value: float, decimals: int) -> str:
    """Write a difference: as `fixed`, with a plus sign where it is above zero."""
    text = fixed(value, decimals)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def trimmed(value: float, decimals: int) -> str:
    """Write a number with at most so many decimals, without zeros at the end."""
    text = fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float, decimals: int = 0) -> str:
    """Write a share of 1 in per cent, such as "87 %" with a no-break space."""
    return f"{fixed(100 * share, decimals)}\N{NO-BREAK SPACE}%"
