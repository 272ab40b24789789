"""Whatever a cluster holds, reading it does not fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile import kinds
from reconcile.apply.cache import ClusterCache
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper import certificates
from reconcile.skupper.drift import drift
from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import list_requests, router_config, status
from reconcile.skupper.v1.endpoints import endpoint
from reconcile.skupper.v1.live_site import LiveSite
from tests.fuzz.bodies import JSON, NASTY, OBJECTS, TEXT, nested
from tests.fuzz.inputs import DEFINITIONS, places
from tests.skupper.fakes import OURS

KINDS = st.sampled_from(
    [kinds.SECRET, CONFIG_MAP, DEPLOYMENT, kinds.ROUTE, kinds.SERVICE, kinds.CLUSTER_POLICY]
)


@given(KINDS, OBJECTS)
def test_any_object_is_parsed_with_text_where_text_belongs(kind: kinds.Kind, body: dict):
    live = LiveObject.from_manifest(kind, body)
    texts = [live.key.namespace, live.key.name, live.uid, live.resource_version]
    texts += [*live.labels, *live.labels.values(), *live.annotations, *live.annotations.values()]
    texts += [part for owner in live.owners for part in owner]
    "".join(texts).encode()
    managed_fields(live)


@given(JSON)
def test_any_data_of_a_secret_is_read_as_certificates(data: object):
    certificates.read_all({"tls.crt": data})
    certificates.read_all(data)


@given(st.binary(max_size=200))
def test_no_certificate_is_both_read_and_at_fault(data: bytes):
    found = certificates.read(data.decode("latin-1"))
    assert bool(found.fault) != bool(found.fingerprint)


@given(TEXT)
def test_any_text_is_a_status_or_a_fault(text: str):
    assert status.parse(text).fault or status.parse(text).sites == {}


@given(TEXT)
def test_any_text_is_the_configuration_of_a_router_or_a_fault(text: str):
    assert router_config.parse(text).connectors == frozenset()


def test_a_status_nested_beyond_what_can_be_read_is_a_fault():
    assert status.parse("[" * 100_000).fault
    assert router_config.parse("[" * 100_000).fault


@given(KINDS, OBJECTS)
def test_anything_can_be_compared_with_what_is_wanted(kind: kinds.Kind, body: dict):
    wanted = {"metadata": {"labels": {"a": "b"}}, "data": {"a": "b"}, "spec": {"items": [{"name": "a"}]}}
    assert isinstance(drift(wanted, LiveObject.from_manifest(kind, body)), tuple)


FIELDS = st.recursive(
    JSON, lambda inner: st.dictionaries(st.sampled_from(["f:data", "f:spec", *NASTY]), inner, max_size=3)
)


@given(FIELDS, JSON)
def test_any_field_set_under_our_name_can_be_compared(fields: object, data: object):
    entry = {"manager": "qontract-skupper", "operation": "Apply", "fieldsV1": fields}
    body = {"metadata": {"managedFields": [entry]}, "data": data, "spec": [{"name": data}]}
    assert isinstance(
        drift({"data": {"name": "b"}, "spec": [{"name": "a"}]}, LiveObject.from_manifest(CONFIG_MAP, body)),
        tuple,
    )


@given(JSON, JSON, JSON)
def test_an_endpoint_is_text_or_missing(route: object, service: object, data: object):
    bodies = [
        LiveObject.from_manifest(
            kinds.ROUTE, {"metadata": {"namespace": "n", "name": "skupper-edge"}, "spec": route}
        ),
        LiveObject.from_manifest(
            kinds.SERVICE, {"metadata": {"namespace": "n", "name": "skupper-router"}, "status": service}
        ),
        LiveObject.from_manifest(
            CONFIG_MAP, {"metadata": {"namespace": "n", "name": "skupper-site"}, "data": data}
        ),
    ]
    objects = {live.key: live for live in bodies}
    site = LiveSite(SiteKey("c", "n"), Ownership("test"), objects, ())
    for ingress in ("route", "nodeport", "loadbalancer", "none", "ingress"):
        found = endpoint(objects, "n", {**site.config, "ingress": ingress}, edge=True)
        assert found.missing or f"{found.host}{found.port}".encode()


@given(st.lists(st.tuples(st.booleans(), OBJECTS), max_size=4))
def test_any_sequence_of_events_gives_a_cache(events: list[tuple[bool, dict]]):
    cache = ClusterCache()
    for gone, body in events:
        live = LiveObject.from_manifest(SECRET, body)
        if gone:
            cache.remove(*live.key, uid=live.uid)
        else:
            cache.put(live)
    assert len(cache.snapshot().objects) <= len(events)


@pytest.mark.parametrize("host", [["a"], {"a": "b"}, 7, True, nested(900)])
def test_a_host_that_is_no_text_is_awaited(host: object):
    route = LiveObject.from_manifest(
        kinds.ROUTE, {"metadata": {"namespace": "n", "name": "skupper-edge"}, "spec": {"host": host}}
    )
    assert endpoint({route.key: route}, "n", {}, edge=True).missing == "the host of its Route"


@pytest.mark.parametrize("number", ["31000", 0, -1, 1 << 16, 10**400, [31000]])
def test_a_node_port_that_is_none_is_awaited(number: object):
    spec = {"ports": [{"name": "edge", "nodePort": number}]}
    service = LiveObject.from_manifest(
        kinds.SERVICE, {"metadata": {"namespace": "n", "name": "skupper-router"}, "spec": spec}
    )
    assert endpoint({service.key: service}, "n", {"ingress": "nodeport"}, edge=True).missing


@pytest.mark.parametrize("name", [[], {}, None, 7])
def test_items_without_a_proper_name_are_compared_as_a_whole(name: object):
    live = LiveObject.from_manifest(CONFIG_MAP, {"spec": [{"name": name}]})
    (found,) = drift({"spec": [{"name": "a"}]}, live)
    assert found.path[0] == "spec"


def test_labels_of_a_wrong_type_are_none():
    live = LiveObject.from_manifest(
        SECRET, {"metadata": {"labels": {"a": 7, "b": ["x"], "c": "d"}, "name": 7, "uid": ["u"]}}
    )
    assert (dict(live.labels), live.key.name, live.uid) == ({"c": "d"}, "", "")


def test_a_version_of_any_length_is_compared():
    cache = ClusterCache()
    metadata = {"name": "a", "namespace": "b", "uid": "u"}
    cache.put(LiveObject.from_manifest(SECRET, {"metadata": {**metadata, "resourceVersion": "9" * 5000}}))
    assert cache.put(LiveObject.from_manifest(SECRET, {"metadata": {**metadata, "resourceVersion": "1"}}))


def test_every_kind_that_is_read_is_spoiled():
    wanted = {entry.name for entry in DEFINITIONS.clusters}
    assert wanted == set("abce")
    read = {entry.kind for entry in list_requests.list_requests([], OURS)} | {
        kinds.ROUTE,
        kinds.SERVICE,
    }
    assert read <= {place.kind for place in places()}
