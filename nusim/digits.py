"""Numbers as people read them, in plain text."""

import math


def number(value: float | None, digits: int = 6) -> str:
    """A number for reading; '-' where there is none."""
    if value is None:
        return "-"
    return "infinite" if math.isinf(value) else f"{value:.{digits}g}"


def with_error(value: float, error: float) -> str:
    """'0.0412 +- 0.0008': two digits of the error, and as many of the value."""
    if value == 0 and error == 0:
        return "0"
    if not error > 0 or not math.isfinite(error):
        return number(value)
    power = math.floor(math.log10(max(abs(value), error)))
    decimals = 1 - math.floor(math.log10(error))
    if -3 <= power < 6:
        places = max(decimals, 0)
        return f"{value:.{places}f} +- {error:.{places}f}"
    places = max(decimals + power, 0)
    scale = 10.0**power
    return f"({value / scale:.{places}f} +- {error / scale:.{places}f})e{power:+03d}"
