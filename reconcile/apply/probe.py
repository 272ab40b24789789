"""Dials addresses as a router would: resolve, connect, TLS handshake, hang up.

It is also a program of its own, which `from_pods` hands as text to a pod in the namespace of a dialler. So it imports
nothing of ours, needs no more than Python 3.6, since router images may be old, and holds no dollar sign, which
Kubernetes would expand. There it writes one line of JSON for each address to the termination message of its container.

No client certificate is presented and nothing is sent after the handshake; in TLS 1.3 the certificate of the server
arrives before it asks for one. The certificate is not verified here but handed on, to be compared.
"""

import base64
import hashlib
import json
import socket
import ssl
import sys
import threading
import time

ROOM = 4000
"""Bytes of all lines together; a kubelet keeps 4096 of a termination message."""
MOST_SHOWN = 4
"""Addresses that are reported of one host."""
LONGEST_REASON = 80
MESSAGE = "/dev/termination-log"


def dial(host: str, port: int, step: float) -> "dict[str, object]":
    """Probe one address, with `step` seconds for each connection and handshake; never raises.

    What was found, ready for JSON: ``addresses`` or ``not_resolved``, then ``connected`` or ``not_connected``, then
    ``certificate`` (base64 of DER) or ``no_handshake``. The values of ``not_…`` and ``no_…`` are reasons.
    """
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return {"not_resolved": _reason(error, step)}
    found = {"addresses": sorted({str(entry[4][0]) for entry in entries})}  # type: dict[str, object]
    try:
        connection = socket.create_connection((host, port), timeout=step)
    except OSError as error:
        return dict(found, not_connected=_reason(error, step))
    found["connected"] = True
    with connection:
        try:
            with _context().wrap_socket(connection, server_hostname=host) as tls:
                presented = tls.getpeercert(binary_form=True)
        except (OSError, ValueError) as error:
            return dict(found, no_handshake=_reason(error, step))
    if presented is None:
        return dict(found, no_handshake="no certificate was presented")
    return dict(found, certificate=base64.b64encode(presented).decode())


def report(targets: "list[tuple[str, int, str]]", step: float, within: float) -> str:
    """Probe addresses in parallel for at most `within` seconds; a line of JSON for each that was done, with its number.

    A target is host, port and the SHA-256 of the certificate that is expected. One that is presented as expected is
    reported by its ``sha256`` alone, others as a whole while there is room.
    """
    done = {}  # type: dict[int, dict[str, object]]

    def one(number: int, host: str, port: int) -> None:
        done[number] = dial(host, port, step)

    threads = [
        threading.Thread(target=one, args=(number, host, port), daemon=True)
        for number, (host, port, _) in enumerate(targets)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + within
    for thread in threads:
        # A resolver that hangs is not to be interrupted, and daemon threads do not keep the process.
        thread.join(max(0.0, end - time.monotonic()))
    return lines(dict(done), [expected for _, _, expected in targets])


def lines(done: "dict[int, dict[str, object]]", expected: "list[str]") -> str:
    """A line for each address that was probed, as much of it as there is room for."""
    short = {}
    whole = {}
    for number, found in sorted(done.items()):
        line = {name: _shortened(value) for name, value in found.items() if name != "certificate"}
        line["at"] = number
        if "certificate" in found:
            text = str(found["certificate"])
            line["sha256"] = hashlib.sha256(base64.b64decode(text)).hexdigest()
            if line["sha256"] != expected[number]:
                whole[number] = dict(line, certificate=text)
        short[number] = line
    room = ROOM - sum(map(_length, short.values()))
    for number, line in sorted(whole.items()):
        more = _length(line) - _length(short[number])
        if more <= room:
            short[number] = line
            room -= more
    return "".join(json.dumps(line) + "\n" for _, line in sorted(short.items()))


def _length(line: "dict[str, object]") -> int:
    return len(json.dumps(line)) + 1


def _shortened(value: object) -> object:
    if isinstance(value, list):
        return value[:MOST_SHOWN]
    return value[:LONGEST_REASON].encode("ascii", "replace").decode() if isinstance(value, str) else value


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Skupper's own CA signed it, and a wrong one is to be seen; nothing is sent over the connection.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _reason(error: Exception, step: float) -> str:
    if isinstance(error, socket.timeout):
        return f"no answer within {step:g} s"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


if __name__ == "__main__":
    with open(MESSAGE, "w") as message:  # noqa: PTH123 pathlib would only be one more import
        message.write(report(*json.loads(sys.argv[1])))
