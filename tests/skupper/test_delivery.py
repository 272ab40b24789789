"""What of the issuer's Secret reaches the dialler: a token for this link, or a refusal with its reason."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from reconcile.sandbox.skupper import certificates as skupper
from reconcile.skupper.plan import Refusal
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import token_data
from reconcile.skupper.v1.delivery import Delivery
from reconcile.skupper.v1.endpoints import Endpoint
from tests.skupper.fakes import NOW, certificate

AT = NOW.timestamp()
CA = skupper.new_authority("ca", at=AT)
AUTHORITY = skupper.read_authority("ca", CA)
DATA = skupper.new_leaf("link", (), authority=AUTHORITY, at=AT)
ANOTHER = skupper.new_leaf("link", (), authority=AUTHORITY, at=AT)

ADDRESS = {
    "inter-router-host": "inter.a.example.com",
    "inter-router-port": "443",
    "edge-host": "edge.a.example.com",
    "edge-port": "443",
}
ANNOTATIONS = {**ADDRESS, "skupper.io/generated-by": "id-a", "skupper.io/site-version": "1.9.6"}
OURS = {"qontract-skupper/dialler": "b/net", "qontract-skupper/issuer": "a/net"}
LABELS = {"skupper.io/type": "connection-token"}
BODY: Mapping[str, Any] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "link", "namespace": "net", "labels": LABELS, "annotations": OURS},
}
MARK = "PRIVATE-BYTES"


def delivery(*, edge: bool = False) -> Delivery:
    return Delivery(
        name="link",
        issuer=SiteKey("a", "net"),
        site_id="id-a",
        ca=x509.load_pem_x509_certificate(b64decode(DATA["ca.crt"])).fingerprint(SHA256()).hex(),
        edge=edge,
        inter_router=Endpoint("inter.a.example.com", "443"),
        edge_router=Endpoint("edge.a.example.com", "443"),
    )


def secret(data: object = DATA, annotations: object = ANNOTATIONS, **rest: Any) -> dict[str, Any]:
    """The issuer's Secret."""
    return {"metadata": {"name": "link", "annotations": annotations}, "data": data, **rest}


def delivered(source: Mapping[str, Any], *, edge: bool = False) -> Mapping[str, Any]:
    composed = delivery(edge=edge)(BODY, source)
    assert not isinstance(composed, Refusal)
    return composed


def refused(source: Mapping[str, Any], *, edge: bool = False) -> Refusal:
    composed = delivery(edge=edge)(BODY, source)
    assert isinstance(composed, Refusal)
    return composed


def base64(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **options: Any) -> str:
    options = {"format": PrivateFormat.PKCS8, "encryption_algorithm": NoEncryption(), **options}
    return base64(key.private_bytes(Encoding.PEM, **options))


@cache
def elliptic() -> tuple[str, str]:
    """A certificate with an EC key, and the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "link")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW.replace(year=2030))
    return base64(builder.sign(key, SHA256()).public_bytes(Encoding.PEM)), pem(key)


def key_of_the_token() -> rsa.RSAPrivateKey:
    key = load_pem_private_key(b64decode(DATA["tls.key"]), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


# -- what is delivered ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edge", [False, True])
def test_a_token_of_skupper_is_delivered_byte_for_byte(edge: bool):
    assert delivered(secret(), edge=edge) == {
        **BODY,
        "metadata": {**BODY["metadata"], "annotations": {**ANNOTATIONS, **OURS}},
        "data": DATA,
    }


def test_a_token_with_an_ec_key_is_delivered():
    crt, key = elliptic()
    assert delivered(secret({**DATA, "tls.crt": crt, "tls.key": key}))["data"]["tls.crt"] == crt


def test_a_ca_with_its_chain_is_delivered():
    chain = base64(b64decode(DATA["ca.crt"]) + b64decode(certificate("root")))
    assert delivered(secret({**DATA, "ca.crt": chain}))["data"]["ca.crt"] == chain


@pytest.mark.parametrize("entry", ["ca.crt", "tls.crt", "tls.key"])
def test_text_around_pem_is_dropped(entry: str):
    content = f"before\n{b64decode(DATA[entry]).decode()}\nafter"
    assert delivered(secret({**DATA, entry: base64(content)}))["data"] == DATA


def test_foreign_annotations_are_dropped():
    foreign = {
        "replicator.v1.mittwald.de/replicate-to": ".*",
        "argocd.argoproj.io/hook": "PreSync",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "inter-router-alias": "10.0.0.1",
        "edge-alias": "10.0.0.1",
        "skupper.io/cost": "99",
        "internal.skupper.io/disabled": "true",
    }
    annotations = delivered(secret(annotations={**foreign, **ANNOTATIONS}))["metadata"]["annotations"]
    assert annotations == {**ANNOTATIONS, **OURS}


def test_other_data_is_dropped():
    assert delivered(secret({**DATA, "password": base64("x"), "connect.json": base64("{}")}))["data"] == DATA


def test_labels_and_name_come_from_the_plan():
    source = secret(type="kubernetes.io/tls", immutable=True, stringData={"more": "x"})
    source["metadata"] |= {"name": "x", "labels": {"x": "y"}, "finalizers": ["x/y"], "ownerReferences": [{}]}
    composed = delivered(source)
    assert {**composed["metadata"], "annotations": OURS} == BODY["metadata"]
    assert composed.keys() == {*BODY, "data"}


def test_what_the_plan_says_of_the_link_wins():
    annotations = {**ANNOTATIONS, "qontract-skupper/issuer": "x/net"}
    assert delivered(secret(annotations=annotations))["metadata"]["annotations"] == {**ANNOTATIONS, **OURS}


def test_another_address_for_the_other_kind_of_dialler_is_dropped():
    annotations = delivered(secret(annotations={**ANNOTATIONS, "edge-host": "evil"}))["metadata"][
        "annotations"
    ]
    assert "edge-host" not in annotations
    assert annotations["inter-router-host"] == ADDRESS["inter-router-host"]


@pytest.mark.parametrize("version", ["1.9.6 and more", "1" * 65, ""])
def test_a_version_that_is_none_is_dropped(version: str):
    source = secret(annotations={**ANNOTATIONS, "skupper.io/site-version": version})
    assert "skupper.io/site-version" not in delivered(source)["metadata"]["annotations"]


_words = st.text(max_size=12)
_annotations = st.dictionaries(_words | st.sampled_from(sorted(ANNOTATIONS)), _words | st.integers())
_values = _words | st.none() | st.sampled_from(sorted(DATA.values())) | st.binary().map(base64)
_data = st.dictionaries(_words | st.sampled_from(sorted(DATA)), _values)


@given(annotations=_annotations, data=_data, keep_annotations=st.booleans(), keep_data=st.booleans())
def test_only_what_a_token_is_survives_whatever_the_source_holds(
    annotations: dict[str, Any], data: dict[str, Any], keep_annotations: bool, keep_data: bool
):
    source = secret(
        data | DATA if keep_data else data, annotations | ANNOTATIONS if keep_annotations else annotations
    )
    composed = delivery()(BODY, source)
    if keep_annotations and keep_data:
        assert not isinstance(composed, Refusal)
    if isinstance(composed, Refusal):
        return
    made = composed["metadata"]["annotations"]
    assert {key: made[key] for key in OURS} == OURS
    assert set(made) <= {*ANNOTATIONS, *OURS}
    assert ADDRESS.items() - made.items() <= {("edge-host", ADDRESS["edge-host"]), ("edge-port", "443")}
    assert composed["data"] == DATA


@given(st.dictionaries(st.sampled_from(["metadata", "data", "type"]), st.none() | _words | st.lists(_words)))
def test_a_source_of_any_shape_is_refused(source: dict[str, Any]):
    refused(source)


# -- what is refused -----------------------------------------------------------------------------------------------

BAD_DATA: dict[str, tuple[dict[str, Any], str]] = {
    "swapped key": ({"tls.key": ANOTHER["tls.key"]}, "tls.key does not match tls.crt"),
    "swapped certificate": ({"tls.crt": ANOTHER["tls.crt"]}, "tls.key does not match tls.crt"),
    "key of another kind": ({"tls.key": elliptic()[1]}, "tls.key does not match tls.crt"),
    "no key": ({"tls.key": None}, "tls.key is missing or not base64"),
    "not base64": ({"tls.key": f"!{MARK}"}, "tls.key is missing or not base64"),
    "text as a key": ({"tls.key": base64(MARK)}, "tls.key is not an unencrypted RSA or EC key in PEM"),
    "encrypted key": (
        {"tls.key": pem(key_of_the_token(), encryption_algorithm=BestAvailableEncryption(b"x"))},
        "tls.key is not an unencrypted RSA or EC key in PEM",
    ),
    "no certificate": ({"tls.crt": ""}, "tls.crt is missing or not base64"),
    "text as a certificate": ({"tls.crt": base64(MARK)}, "tls.crt is not a PEM certificate"),
    "text as a CA": ({"ca.crt": base64(MARK)}, "ca.crt is not a PEM certificate"),
    "another CA": ({"ca.crt": certificate("another")}, "ca.crt is not the CA of the issuer"),
    "large key": (
        {"tls.key": base64(b64decode(DATA["tls.key"]) + b"x" * 4096)},
        f"tls.key has {len(b64decode(DATA['tls.key'])) + 4096} bytes, more than 4096",
    ),
    "large CA": ({"ca.crt": base64("x" * 20000)}, "ca.crt has 20000 bytes, more than 16384"),
    "large certificate": ({"tls.crt": base64("x" * 20000)}, "tls.crt has 20000 bytes, more than 16384"),
}


@pytest.mark.parametrize(("entries", "reason"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused(entries: dict[str, Any], reason: str):
    assert refused(secret({**DATA, **entries})).reason == reason


@pytest.mark.parametrize("number", ["d", "dmp1", "dmq1", "iqmp"])
def test_a_key_whose_numbers_do_not_belong_together_is_refused(number: str):
    right = key_of_the_token().private_numbers()
    numbers = {each: getattr(right, each) for each in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    wrong = rsa.RSAPrivateNumbers(
        **{**numbers, number: numbers[number] - 2}, public_numbers=right.public_numbers
    )
    key = wrong.private_key(unsafe_skip_rsa_key_validation=True)
    reason = "tls.key is not an unencrypted RSA or EC key in PEM"
    assert refused(secret({**DATA, "tls.key": pem(key)})).reason == reason


@pytest.mark.parametrize("edge", [False, True])
@pytest.mark.parametrize("part", ["host", "port"])
def test_another_address_than_that_of_the_issuer_is_refused(part: str, edge: bool):
    key = f"{'edge' if edge else 'inter-router'}-{part}"
    reason = f"annotation {key} is not {ADDRESS[key]}, where the issuer is dialled"
    assert refused(secret(annotations={**ANNOTATIONS, key: MARK}), edge=edge).reason == reason
    assert refused(secret(annotations={**ANNOTATIONS, key: None}), edge=edge).reason == reason


def test_a_token_of_another_site_is_refused():
    reason = "annotation skupper.io/generated-by is not id-a, the id of the issuer"
    assert refused(secret(annotations={**ANNOTATIONS, "skupper.io/generated-by": MARK})).reason == reason


def test_a_refusal_ends_in_the_command_that_requests_the_token_again():
    advice = "to have the next run request it again, on cluster a run: oc -n net delete secret link"
    assert refused(secret(None)).advice == advice


@given(
    data=st.dictionaries(st.sampled_from(sorted(DATA)), st.sampled_from([MARK, base64(MARK), *DATA.values()]))
)
def test_a_refusal_quotes_nothing_of_the_source(data: dict[str, str]):
    annotations = {**ANNOTATIONS, "inter-router-host": MARK}
    for source in (secret(data), secret({**DATA, **data}, annotations)):
        composed = delivery()(BODY, source)
        if isinstance(composed, Refusal):
            assert not any(value in repr(composed) for value in (MARK, base64(MARK), *DATA.values()))


def test_a_token_of_skupper_is_far_below_the_bounds():
    sizes = {entry: len(b64decode(content)) for entry, content in DATA.items()}
    assert all(2 * size < token_data.LARGEST[entry] for entry, size in sizes.items())


def test_equal_plans_have_equal_deliveries():
    assert delivery() == delivery()
    assert delivery() != delivery(edge=True)
