"""Event loops in threads: what servers leave behind when they stop."""

import asyncio
import gc
import socket

import pytest

from reconcile.sandbox.loop import BackgroundLoop, end_listening


@pytest.mark.parametrize("turns", range(5))
def test_a_connection_that_comes_as_a_port_closes_leaves_no_open_socket(turns: int) -> None:
    """Two turns is what asyncio by itself would lose it after, with a `ResourceWarning`."""

    async def connect_and_close() -> None:
        listener = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
        with socket.create_connection(listener.sockets[0].getsockname()):
            for _ in range(turns):
                await asyncio.sleep(0)
            await end_listening(listener)
        await asyncio.sleep(0.05)

    loop = BackgroundLoop("test")
    loop.run(connect_and_close())
    loop.close()
    gc.collect()
