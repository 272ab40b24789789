"""What is fuzzed: functions of bytes that raise if a reader does, or if a fact does not hold.

No fuzzer is needed to call one, so inputs that once failed are replayed by an ordinary test.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import answers, errors, watching
from reconcile.openshift.messages import Answer
from reconcile.skupper import certificates
from reconcile.skupper.live import LiveObject
from reconcile.skupper.v1 import router_config, status
from tests.fuzz import facts, inputs

_CALL = answers.Call("a", "watch", SECRET, "net")
_WRITTEN: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("skupper-network-status", "NetworkStatus", lambda text: status.parse(text).fault),
    ("skupper-internal", "skrouterd.json", lambda text: router_config.parse(text).fault),
)
_EDITS = re.compile(b"\xff")


def certificate(data: bytes) -> None:
    """A certificate as raw DER inside PEM, and as bytes of any kind."""
    pem = b"-----BEGIN CERTIFICATE-----\n" + b64encode(data) + b"\n-----END CERTIFICATE-----\n"
    for text in (b64encode(pem).decode(), b64encode(data).decode(), data.decode("latin-1")):
        found = certificates.read(text)
        assert bool(found.fault) != bool(found.fingerprint)


def secret(data: bytes) -> None:
    """A Secret of any shape, through the reader and as a token of a declared link."""
    body = loaded(data)
    live = LiveObject.from_manifest(SECRET, body if isinstance(body, dict) else {"data": body})
    assert "data" not in live.content
    if all(certificate.fault for certificate in live.certificates.values()) and not _sampled(data):
        return
    facts.of_fleet(inputs.spoiled(inputs.token("b"), lambda known: {**known, "data": body}))


def written(data: bytes) -> None:
    """JSON inside a ConfigMap: the first byte says in which; then its text."""
    name, key, fault = _WRITTEN[(data[0] if data else 0) % len(_WRITTEN)]
    text = data[1:].decode("utf-8", "surrogateescape")
    if fault(text) and not _sampled(data):
        return
    facts.of_fleet(inputs.spoiled(inputs.at("b", name), lambda known: {**known, "data": {key: text}}))


def wire(data: bytes) -> None:
    """What an API server sends: a byte for the status of an answer to a LIST (0: a line of a watch), then the body."""
    code = data[0] if data else 0
    with _refusal():
        if code == 0:
            _watch_line(data[1:])
            return
        answer = Answer(200 if code < 128 else 100 + code * 2, {}, data[1:])
        for item in answers.items(answers.read(answer, _CALL), _CALL):
            LiveObject.from_manifest(SECRET, item)


def _watch_line(line: bytes) -> None:
    event = watching.read_line(line, _CALL)
    if event:
        assert isinstance(event.resource_version, str)
        LiveObject.from_manifest(CONFIG_MAP, event.object)


@contextmanager
def _refusal() -> Iterator[None]:
    """A cluster's answer may be refused, in words that can be shown."""
    try:
        yield
    except errors.ClusterError as error:
        text = str(error)
    else:
        return
    assert text.isprintable()


def plan_input(data: bytes) -> None:
    """Edits of one object of the fleet: first byte the object, then edits (path, value) parted by 0xff."""
    if not data:
        return
    places = inputs.places()
    place = places[data[0] % len(places)]
    edits = _EDITS.split(data[1:])
    facts.of_fleet(inputs.spoiled(place, lambda known: _edited(known, edits)))


def _edited(body: dict, edits: list[bytes]) -> dict:
    for edit in edits:
        if edit:
            depth = edit[0] % 8
            _put(body, edit[1 : depth + 1], loaded(edit[depth + 1 :]))
    return body


def _put(document: Any, path: bytes, value: Any) -> None:
    """Follow a path as far as there is one, and put a value there; each byte picks a key or an index."""
    for number, step in enumerate(path):
        if not isinstance(document, dict | list) or not document:
            return
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        key = keys[step % len(keys)]
        if number == len(path) - 1:
            document[key] = value
        document = document[key]


def _sampled(data: bytes) -> bool:
    """True for one input in sixty: what is unusable is much the same to a plan, and a plan takes its time."""
    return crc32(data) % 60 == 0


def loaded(data: bytes) -> Any:
    """JSON if it is any, else the text itself."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("utf-8", "surrogateescape")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "certificate": certificate,
    "wire": wire,
    "written": written,
    "secret": secret,
    "plan_input": plan_input,
}
