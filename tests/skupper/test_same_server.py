"""Two clusters that turn out to be one API server are found, whatever their addresses."""

from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import CONFIG_MAP
from reconcile.skupper.live import ClusterSnapshot, LiveObject
from reconcile.skupper.same_server import same_server


def snapshot(*uids: str, identity: str = "") -> ClusterSnapshot:
    found = [
        LiveObject.from_manifest(CONFIG_MAP, {"metadata": {"namespace": "net", "name": f"x{n}", "uid": uid}})
        for n, uid in enumerate(uids)
    ]
    return ClusterSnapshot(objects={live.key: live for live in found}, identity=identity)


fleets = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.sampled_from(["", "1", "2", "3"]), st.lists(st.sampled_from(["", *"uvwxyz"]), max_size=3)),
)


@given(fleets)
def test_a_cluster_is_named_if_and_only_if_another_one_has_its_identity_or_shows_its_objects(fleet):
    found = same_server(
        {name: snapshot(*uids, identity=identity) for name, (identity, uids) in fleet.items()}
    )
    expected = {
        name
        for name, (identity, uids) in fleet.items()
        for other, (others_identity, others_uids) in fleet.items()
        if other != name
        and (
            identity == others_identity
            if identity and others_identity
            else set(uids) & set(others_uids) - {""}
        )
    }
    assert found.keys() == expected


def test_the_reason_names_the_other_cluster_and_what_to_correct():
    reason = same_server({"a": snapshot(identity="1"), "b": snapshot(identity="1")})["a"]
    assert "the same API server as cluster b" in reason
    assert "Correct serverUrl" in reason


def test_identified_clusters_that_differ_may_show_the_same_uid():
    assert same_server({"a": snapshot("u", identity="1"), "b": snapshot("u", identity="2")}) == {}
