"""How to measure, and how to show it: a yardstick, the best of several tries, a table."""

import time
from collections.abc import Callable
from dataclasses import dataclass


def yardstick() -> int:
    """A fixed piece of pure Python: about as much hashing, comparing and calling as a planner does."""
    seen: dict[tuple[str, int], int] = {}
    for number in range(100_000):
        key = (str(number % 997), number % 13)
        seen[key] = seen.get(key, 0) + len(key[0])
    return sum(sorted(seen.values()))


def seconds(job: Callable[[], object], *, tries: int = 1) -> float:
    """Wall time of a job, the best of some tries."""
    return min(_once(job) for _ in range(tries))


def _once(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    what: str
    ratio: str
    absolute: str = ""


def show(title: str, figures: list[Figure]) -> None:
    """Print one table, at once, since the next one may take a while."""
    width = max(len(figure.what) for figure in figures)
    ratios = max(len(figure.ratio) for figure in figures)
    print(f"\n{title}\n")
    for figure in figures:
        print(f"  {figure.what:<{width}}  {figure.ratio:>{ratios}}  {figure.absolute}".rstrip(), flush=True)


def times(value: float, base: float) -> str:
    """A ratio as text."""
    return f"{value / base:.2f} x"


def milliseconds(value: float) -> str:
    """A time as text."""
    return f"{value * 1000:.1f} ms"
