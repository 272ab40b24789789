"""Ages in one unit, as kubectl prints them."""

from datetime import datetime, timedelta


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago: ``12s``, ``5m``, ``3h``, ``40d``; ``-`` if unknown."""
    if moment is None:
        return "-"
    span = max(now - moment, timedelta())
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
