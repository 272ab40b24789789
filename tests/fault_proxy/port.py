"""A port on loopback that can be closed and opened again, and stays ours meanwhile."""

import socket

HOST = "127.0.0.1"


class Port:
    """Reserved from construction to `release`; refuses connections as long as nobody listens.

    A socket that is bound and does not listen keeps the kernel from giving the number to anybody else.
    """

    def __init__(self) -> None:
        self._reservation = self._bind(0)
        self.number: int = self._reservation.getsockname()[1]
        self._fillers: list[socket.socket] = []

    def listen(self, backlog: int = 128) -> socket.socket:
        """A new socket that listens; the caller closes it."""
        listener = self._bind(self.number)
        listener.listen(backlog)
        listener.setblocking(False)
        return listener

    def listen_to_nobody(self) -> socket.socket:
        """A socket whose queue of connections is full: further attempts get no answer at all."""
        listener = self.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((HOST, self.number))
            self._fillers.append(filler)
        return listener

    def drain(self) -> None:
        """Give up the connections that filled the queue."""
        while self._fillers:
            self._fillers.pop().close()

    def release(self) -> None:
        self.drain()
        self._reservation.close()

    def _bind(self, number: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, number))
        return bound
