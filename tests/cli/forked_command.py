"""Stands for ``qontract-skupper`` in tests: has the server of `forking` fork it, and ends as it ends.

Its arguments are the server's address and the words of the command. It reaches past the standard library's own modules,
which would take longer to import than all the rest.
"""

import _signal
import _socket
import marshal
import posix
import sys

_UNAVAILABLE = 69
_PASSED_ON = {
    **{number: number for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM)},
    _signal.SIGUSR1: _signal.SIGKILL,
}
"""Signals, and what the command gets: of SIGKILL we do not hear, so SIGUSR1 stands for it."""


def _is_open(number: int) -> bool:
    try:
        posix.fstat(number)
    except OSError:
        return False
    return True


def _umask() -> int:
    mask = posix.umask(0)
    posix.umask(mask)
    return mask


def _outcome(address: str, words: list[str]) -> int:
    """The exit code of the command, negative if it is the number of a signal."""
    streams = [number for number in range(3) if _is_open(number)]
    request = marshal.dumps((words, posix.environ, _umask(), posix.getpid(), streams))
    passed = [*streams, posix.open(".", posix.O_RDONLY)]
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    server.connect(address)
    numbers = b"".join(number.to_bytes(4, sys.byteorder) for number in passed)
    server.sendmsg([len(request).to_bytes(4)], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, numbers)])
    server.sendall(request)

    def pass_on(number: int, _: object) -> None:
        try:  # noqa: SIM105 contextlib takes too long to import
            server.sendall(bytes([_PASSED_ON[number]]))
        except OSError:
            pass  # the command has ended

    for number in _PASSED_ON:
        _signal.signal(number, pass_on)
    answer = server.recv(2)
    if not answer:
        raise ConnectionError
    return int.from_bytes(answer, signed=True)


def main() -> None:
    """End with the exit code of the command, or by the signal that ended it."""
    # Until the command is there to hear of it, Ctrl-C ends what stands for it.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        code = _outcome(sys.argv[1], sys.argv[2:])
    except OSError as error:
        posix.write(2, f"the server that forks commands for tests is gone ({error!r})\n".encode())
        code = _UNAVAILABLE
    if code < 0:
        if -code != _signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        posix.kill(posix.getpid(), -code)
    posix._exit(code)


if __name__ == "__main__":
    main()
