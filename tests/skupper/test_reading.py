"""What comes from clusters may be anything: it is read without failing, and without secret data."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper import certificates
from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.v1 import status
from tests.skupper.fakes import NOW, certificate

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["metadata", "data", "stringData", "type"]), JSON))
def test_any_secret_is_parsed(body: dict):
    assert LiveObject.from_manifest(SECRET, body).key.kind == SECRET


ENTRY = st.dictionaries(st.sampled_from(["manager", "operation", "time", "fieldsV1"]), JSON)


@given(st.lists(ENTRY | JSON) | JSON)
def test_the_managers_of_any_object_have_names(entries: object):
    live = LiveObject.from_manifest(CONFIG_MAP, {"metadata": {"managedFields": entries}})
    assert all(isinstance(entry.manager, str) for entry in managed_fields(live))


@given(st.text(min_size=8))
def test_no_secret_data_stays_in_what_was_parsed(value: str):
    encoded = b64encode(value.encode()).decode()
    live = LiveObject.from_manifest(
        SECRET, {"data": {"tls.key": encoded, "ca.crt": encoded}, "stringData": {"p": value}}
    )
    assert encoded not in repr(live) + repr(live.content) + repr(live.certificates)
    assert "data" not in live.content
    assert "stringData" not in live.content


@given(st.text())
def test_anything_but_a_certificate_is_a_fault(text: str):
    assert certificates.read(text).fault


def test_a_certificate_is_read_with_its_hosts():
    found = certificates.read(certificate("subject", hosts=("one.example.com",)))
    assert (found.hosts, found.fault) == (("one.example.com",), None)
    assert found.expires is not None
    assert found.expires > NOW


@given(st.text() | JSON.map(str))
def test_no_status_is_too_odd(text: str):
    assert status.parse(text).sites == {}


@given(st.dictionaries(st.sampled_from(["siteStatus", "addresses"]), JSON))
def test_json_of_the_wrong_shape_is_a_fault_or_empty(document: dict):
    import json

    assert status.parse(json.dumps(document)).sites == {}
