"""A server that has imported all that commands of ours import, and forks one whenever `forked_command` asks for it.

A fork is as a fresh process: it has the arguments, environment, folder, limits, umask and standard streams of the
program that asked. Where Python itself would start in another way in this environment, it does start anew. Only the
seed of hashes is the same for all forks of a server, and address space (``ulimit -v``) is taken up by what it imported.
The server has one thread and ends with the process that started it.
"""

import marshal
import os
import pkgutil
import resource
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

import reconcile
from reconcile import cli

_LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
_READ_AT_START = ("PYTHON", "LANG", "LC_", "TZ")
"""How the names of variables begin that an interpreter reads when it starts."""
_PATIENCE = 10
"""Seconds in which a request has to come, which comes at once."""


@dataclass(frozen=True)
class Request:
    """What a client asks for."""

    words: list[str]
    environment: dict[bytes, bytes]
    umask: int
    client: int
    """Its process ID."""
    streams: dict[int, int]
    """Standard streams that are open, by number: the descriptors that they have here."""
    folder: int
    """A descriptor, too."""

    @classmethod
    def read(cls, connection: socket.socket, length: int, descriptors: list[int]) -> "Request":
        """Read the one that begins a connection; raises ``OSError`` if it does not come whole."""
        text = b""
        while part := connection.recv(length - len(text)):
            text += part
        if not text or len(text) < length:
            raise ConnectionError
        *request, streams = marshal.loads(text)
        return cls(*request, dict(zip(streams, descriptors, strict=False)), descriptors[-1])


def serve(listener: socket.socket) -> None:
    """Fork commands until stdin ends; then end those that still run."""
    running: dict[int, socket.socket] = {}
    try:
        _serve(listener, running)
    finally:
        for command in running:
            signal.pidfd_send_signal(command, signal.SIGKILL)
            os.waitid(os.P_PIDFD, command, os.WEXITED)


def _serve(listener: socket.socket, running: dict[int, socket.socket]) -> None:
    events = selectors.DefaultSelector()
    events.register(0, selectors.EVENT_READ)
    events.register(listener, selectors.EVENT_READ)
    while True:
        # One at a time, since it may be the end of what another one is about.
        key, _ = events.select()[0]
        if key.fd == 0:
            return
        if key.fileobj is listener:
            client, _ = listener.accept()
            try:
                command = _started(client)
            except OSError:
                client.close()
                continue
            running[command] = client
            events.register(command, selectors.EVENT_READ)
            events.register(client, selectors.EVENT_READ, command)
        elif key.fd in running:
            client = running.pop(key.fd)
            events.unregister(key.fd)
            if client in events.get_map():
                events.unregister(client)
            _tell_the_end(key.fd, client)
        elif not _pass_on(key.fileobj, key.data):
            events.unregister(key.fileobj)


def _started(client: socket.socket) -> int:
    """Fork what a client asks for; a descriptor of the process. Raises ``OSError`` if that cannot be done."""
    client.settimeout(_PATIENCE)
    length, descriptors, *_ = socket.recv_fds(client, 4, 4)
    try:
        request = Request.read(client, int.from_bytes(length), descriptors)
        pid = os.fork()
        if pid == 0:
            _become(request)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return os.pidfd_open(pid)


def _pass_on(client: socket.socket, command: int) -> bool:
    """Send a command the signal that its client heard, or end it if the client itself has ended."""
    try:
        heard = client.recv(1)
    except OSError:
        heard = b""
    signal.pidfd_send_signal(command, heard[0] if heard else signal.SIGKILL)
    return bool(heard)


def _tell_the_end(command: int, client: socket.socket) -> None:
    """Have a client end as its command has ended."""
    ended = os.waitid(os.P_PIDFD, command, os.WEXITED)
    os.close(command)
    code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
    with client, suppress(OSError):  # it may have been killed
        client.sendall(code.to_bytes(2, signed=True))


def _become(request: Request) -> NoReturn:
    """Be the command that was asked for, in a process that has just been forked."""
    try:
        _set_up(request)
        cli.program()
    except BaseException:  # noqa: BLE001 above is the server, which goes on in another process
        traceback.print_exc()
    os._exit(os.EX_SOFTWARE)


def _set_up(request: Request) -> None:
    """Have this process find what a fresh one would; puts one in its place if it has to be."""
    for number in range(3):
        if number in request.streams:
            os.dup2(request.streams[number], number)
        else:
            os.close(number)
    os.fchdir(request.folder)
    # The objects of the server that have these descriptors are never closed: the frames below keep them until the end.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.umask(request.umask)
    for limit in _LIMITS:
        resource.setrlimit(limit, resource.prlimit(request.client, limit))
    before = _read_at_start()
    os.environb.clear()
    os.environb.update(request.environment)
    if _read_at_start() != before:
        os.execv(sys.executable, [sys.executable, "-m", cli.__name__, *request.words])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.argv = [cli.program.__name__, *request.words]
    _open_streams(request.streams)


def _read_at_start() -> dict[str, str]:
    """The variables that have an effect when an interpreter starts, but one that has it later, too."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_READ_AT_START) and name != "PYTHONDONTWRITEBYTECODE"
    }


def _open_streams(numbers: Container[int]) -> None:
    """Open the standard streams as Python does when it starts."""
    how = {"encoding": sys.stdin.encoding, "errors": sys.stdin.errors, "closefd": False}
    sys.stdin = sys.__stdin__ = open(0, **how) if 0 in numbers else None  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", **how) if 1 in numbers else None  # noqa: SIM115
    how["errors"] = "backslashreplace"
    sys.stderr = sys.__stderr__ = open(2, "w", 1, **how) if 2 in numbers else None  # noqa: SIM115


def _import_everything() -> None:
    """Import all that commands import when they need it."""
    import_module("kubernetes.client.rest")
    for module in pkgutil.walk_packages(reconcile.__path__, "reconcile."):
        if not module.name.endswith(".__main__"):
            import_module(module.name)


if __name__ == "__main__":
    _import_everything()
    serve(socket.socket(fileno=int(sys.argv[1])))
