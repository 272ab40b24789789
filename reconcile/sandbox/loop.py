"""An event loop in a thread of its own, for servers that are started and stopped by ordinary code."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")
_TURNS_TO_CLOSE = 5
"""Turns of the event loop in which aborted connections close their sockets."""


class BackgroundLoop:
    """Runs from construction until ``close``."""

    def __init__(self, name: str) -> None:
        """Start the loop; ``name`` is what its thread is called."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout: float = 60.0) -> Result:
        """Run ``coroutine`` on the loop and wait for its result.

        Raises:
            TimeoutError: if it takes longer than ``timeout`` seconds.
        """
        return self.start(coroutine).result(timeout)

    def start(self, coroutine: Coroutine[Any, Any, Result]) -> "Future[Result]":
        """Run ``coroutine`` on the loop; what is returned can be waited for and cancelled from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._loop.is_closed()

    def close(self) -> None:
        """Cancel what still runs, and end the loop and its thread. Closing twice does no harm."""
        if self.closed:
            return
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def end_listening(listener: asyncio.Server) -> None:
    """Close a server's ports; connections that it has accepted stay open.

    To close it in the same turn of the loop in which it accepts a connection would leave that one's socket open for
    ever, for asyncio (3.11) does not expect it: so it stops to accept one turn earlier.
    """
    loop = asyncio.get_running_loop()
    for listening in listener.sockets:
        loop.remove_reader(listening.fileno())
    await asyncio.sleep(0)
    listener.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(_TURNS_TO_CLOSE):
        await asyncio.sleep(0)
