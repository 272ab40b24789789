"""The limits of one exchange: a request out, a whole answer in.

Time-outs of sockets bound a single read, so a server that sends a byte from time to time holds a caller for ever: in
its status line, its headers, between ``100 Continue`` and the next, in the length of a chunk. Therefore every read of
a connection (see ``connections``) asks the exchange that its thread is in how long it may take, and reports what came.
"""

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from reconcile.http.documents import MOST_VALUES, count_values

OVERHEAD = 1 << 20
"""Bytes that an answer may have besides its body: headers, and the framing of chunks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer may cost."""

    seconds: float
    """From the request to the last byte of the answer."""
    size: int
    """Bytes of the body, decompressed."""


class LimitExceeded(OSError):  # noqa: N818 - the name is the condition
    """An answer took too long or is too large. ``str()`` completes a sentence that begins with the server's name."""


class TooSlow(LimitExceeded):
    """It was not complete in time."""


class TooLarge(LimitExceeded):
    """It is larger than we are willing to read."""


class _Socket(Protocol):
    def gettimeout(self) -> float | None: ...

    def settimeout(self, seconds: float | None, /) -> None: ...


class Exchange:
    """The limits of one exchange and what was used of them; a context manager for the thread that has it.

    Libraries wrap what is raised in a read in errors of their own, each in another way. So the limit that was exceeded
    is kept in ``exceeded``, and callers look there first.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        abandoned: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Once ``abandoned`` is true, nobody waits for the answer any more."""
        self._limits = limits
        self._abandoned = abandoned
        self._clock = clock
        self._ends = clock() + limits.seconds
        self._received = 0
        self.exceeded: LimitExceeded | None = None

    def __enter__(self) -> Self:
        _here.exchange = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _here.exchange = None

    def check(self, size: int) -> None:
        """Raise ``LimitExceeded`` if time is up or a body of ``size`` bytes is too large."""
        if self._clock() >= self._ends:
            raise self._too_slow()
        if size > self._limits.size:
            raise self._too_large(megabytes(self._limits.size))

    def check_values(self, body: bytes | bytearray) -> None:
        """Raise ``LimitExceeded`` if a JSON text would take too much memory as values."""
        if count_values(body) > MOST_VALUES:
            raise self._too_large(f"{MOST_VALUES} values")

    def read(self, sock: _Socket, raw: io.RawIOBase, buffer: "memoryview") -> int | None:
        """Read from a socket's ``raw`` stream into ``buffer`` for as long as this exchange may still take."""
        left = self._ends - self._clock()
        if self._abandoned():
            raise self._note(TooSlow, "was given up")
        if left <= 0:
            raise self._too_slow()
        own = sock.gettimeout()
        if own is not None and own <= left:
            count = raw.readinto(buffer)
        else:
            sock.settimeout(left)
            try:
                count = raw.readinto(buffer)
            except TimeoutError:
                raise self._too_slow() from None
            sock.settimeout(own)
        self._received += count or 0
        if self._received > self._limits.size + OVERHEAD:
            raise self._too_large(megabytes(self._limits.size))
        return count

    def _too_slow(self) -> LimitExceeded:
        return self._note(TooSlow, f"did not finish its response within {self._limits.seconds:g} s")

    def _too_large(self, size: str) -> LimitExceeded:
        return self._note(TooLarge, f"sent more than {size} in one response")

    def _note(self, kind: type[LimitExceeded], reason: str) -> LimitExceeded:
        # Not the one that is raised, whose traceback would keep the answer in memory until garbage is collected.
        self.exceeded = kind(reason)
        return kind(reason)


class _Here(threading.local):
    exchange: Exchange | None = None


_here = _Here()


def current() -> Exchange | None:
    """The exchange that this thread is in; None outside of any, as while it reads a watch."""
    return _here.exchange


def megabytes(size: int) -> str:
    """A limit as error texts name it."""
    return f"{size / (1 << 20):g} MiB"
