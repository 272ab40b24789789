"""Which fields of a live object differ from what we want: our own, and only those."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.drift import FieldDrift, drift
from reconcile.skupper.live import LiveObject

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
KEYS = st.text("abc", min_size=1, max_size=2)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def config_map(data: dict, *, owned: tuple[str, ...] = (), manager: str = "qontract-skupper") -> dict:
    fields = {"f:data": {f"f:{key}": {} for key in owned}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "skupper-site",
            "managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": fields}],
        },
        "data": data,
    }


def wanted(data: dict) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "skupper-site"}, "data": data}


@given(st.dictionaries(KEYS, DOCUMENTS, max_size=4))
def test_an_object_does_not_drift_from_itself(document: dict):
    assert drift(document, LiveObject.from_manifest(CONFIG_MAP, copy.deepcopy(document))) == ()


@given(st.dictionaries(KEYS, st.text(max_size=3)), st.dictionaries(KEYS, st.text(max_size=3)))
def test_applying_what_drifted_leaves_no_drift(desired: dict, live: dict):
    found = config_map(live)
    for field in drift(wanted(desired), LiveObject.from_manifest(CONFIG_MAP, found)):
        assert field.path[0] == "data"
        found["data"][field.path[1]] = field.desired
    assert drift(wanted(desired), LiveObject.from_manifest(CONFIG_MAP, found)) == ()


def test_a_field_of_another_value_drifts():
    live = LiveObject.from_manifest(CONFIG_MAP, config_map({"a": "2"}))
    assert drift(wanted({"a": "1"}), live) == (FieldDrift(("data", "a"), "2", "1"),)


def test_a_missing_field_drifts():
    live = LiveObject.from_manifest(CONFIG_MAP, config_map({}))
    assert drift(wanted({"a": "1"}), live) == (FieldDrift(("data", "a"), None, "1"),)


def test_a_field_of_ours_that_is_not_wanted_any_more_drifts():
    live = LiveObject.from_manifest(CONFIG_MAP, config_map({"a": "1", "b": "2"}, owned=("a", "b")))
    assert drift(wanted({"a": "1"}), live) == (FieldDrift(("data", "b"), "2", None),)


def test_a_field_of_somebody_else_is_not_ours_to_judge():
    live = LiveObject.from_manifest(
        CONFIG_MAP, config_map({"a": "1", "b": "2"}, owned=("b",), manager="kubectl")
    )
    assert drift(wanted({"a": "1"}), live) == ()


def test_containers_are_distinguished_by_name_and_not_by_place():
    live = {"spec": {"containers": [{"name": "sidecar"}, {"name": "main", "image": "old", "tty": False}]}}
    desired = {"spec": {"containers": [{"name": "main", "image": "new"}]}}
    assert drift(desired, LiveObject.from_manifest(DEPLOYMENT, live)) == (
        FieldDrift(("spec", "containers", "main", "image"), "old", "new"),
    )


@given(DOCUMENTS, DOCUMENTS)
def test_no_document_of_a_cluster_is_too_odd(metadata: object, content: object):
    live = LiveObject.from_manifest(CONFIG_MAP, {"metadata": metadata, "data": content})
    assert isinstance(drift(wanted({"a": "1"}), live), tuple)
