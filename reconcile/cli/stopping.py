"""Stopping well: a signal lets the requests in flight finish and starts nothing new."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType


@dataclass(slots=True)
class Stop:
    """Whether, and by which signal, the program was told to stop."""

    flag: threading.Event = field(default_factory=threading.Event)
    signal: int = 0


@contextmanager
def stop_on_signal() -> Iterator[Stop]:
    """Catch SIGINT and SIGTERM; the second one of either kind ends the program at once."""
    stop = Stop()

    def caught(number: int, _: FrameType | None) -> None:
        if stop.signal:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.signal = number
        stop.flag.set()

    previous = {number: signal.signal(number, caught) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
