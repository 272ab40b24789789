"""No private byte of a Secret gets past the border: not into a value, its content or its repr."""

import json
import pickle
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import SECRET
from reconcile.skupper.live import LiveObject
from tests.skupper.fakes import body, certificate

MARK = "PRIVATE-BYTES"
ENCODED = b64encode(MARK.encode()).decode()
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def everything(value: object) -> str:
    """All that a value holds, hidden fields included."""
    if is_dataclass(value):
        return "".join(everything(getattr(value, field.name)) for field in fields(value)) + repr(value)
    if isinstance(value, Mapping):
        return "".join(everything(key) + everything(entry) for key, entry in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "".join(map(everything, value))
    return repr(value)


def leaks(live: LiveObject) -> bool:
    reported = everything(live) + pickle.dumps(live).decode("latin-1")
    return MARK in reported or ENCODED in reported


def taken(**rest: Any) -> LiveObject:
    return LiveObject.from_manifest(SECRET, body(SECRET, "net", "link-a", **rest))


KEPT = {
    "data": {"data": {"tls.key": ENCODED, "tls.crt": certificate("tls"), "password": ENCODED}},
    "a certificate that is none": {"data": {"tls.crt": ENCODED}},
    "not base64": {"data": {"tls.crt": MARK}},
    "text before PEM": {
        "data": {"tls.crt": b64encode(f"{MARK}\n-----BEGIN CERTIFICATE-----".encode()).decode()}
    },
    "text": {"data": ENCODED},
    "a list": {"data": [ENCODED]},
    "stringData": {"stringData": {"tls.key": MARK}},
    "an unknown field": {"binaryData": {"tls.key": ENCODED}},
    "what kubectl applied last": {
        "metadata": {"annotations": {LAST_APPLIED: json.dumps({"data": {"tls.key": ENCODED}})}}
    },
}


@pytest.mark.parametrize("rest", KEPT.values(), ids=KEPT)
def test_a_secret_loses_what_it_keeps(rest: dict[str, Any]):
    assert not leaks(taken(**rest))


def test_a_private_key_beside_a_certificate_in_one_entry_is_lost():
    key = f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n"
    both = b64encode(key.encode()).decode() + certificate("tls")
    assert not leaks(taken(data={"tls.crt": both}))


JSON = st.recursive(
    st.none() | st.booleans() | st.just(MARK) | st.just(ENCODED),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "tls.crt"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["data", "stringData", "spec", "x"]), JSON, min_size=1))
def test_no_shape_of_a_secret_brings_its_data_in(rest: dict[str, Any]):
    assert not leaks(taken(**rest))


def test_public_facts_of_a_certificate_stay():
    live = taken(data={"tls.crt": certificate("tls", hosts=("a.example.com",)), "tls.key": ENCODED})
    assert live.certificates["tls.crt"].hosts == ("a.example.com",)
    assert live.labels
    assert live.content["metadata"]["name"] == "link-a"


def test_other_annotations_of_a_secret_stay():
    live = taken(metadata={"annotations": {"qontract-skupper/issuer": "a/net", LAST_APPLIED: "{}"}})
    assert live.annotations == live.content["metadata"]["annotations"] == {"qontract-skupper/issuer": "a/net"}
