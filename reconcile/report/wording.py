"""Counts with their nouns, for all reports."""


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 link``, ``2 links``, ``3 policies``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {plural}"
