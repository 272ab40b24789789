"""Owner references, finalizers and the collector."""

from typing import Any

from reconcile import kinds
from tests.sandbox.kubernetes.conftest import Answer, Api, config_map
from tests.waiting import until

CMS = "/api/v1/namespaces/a/configmaps"
MERGE = "application/merge-patch+json"


def owned_by(*owners: Answer, name: str = "child", block: bool = False, **metadata: Any) -> dict[str, Any]:
    references = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner.body["metadata"]["name"],
            "uid": owner.body["metadata"]["uid"],
            **({"blockOwnerDeletion": True} if block else {}),
        }
        for owner in owners
    ]
    return config_map(name, metadata={"ownerReferences": references, **metadata})


def names(api: Api, namespace: str = "a") -> list[str]:
    return [obj["metadata"]["name"] for obj in api.cluster.objects(kinds.CONFIG_MAP, namespace)]


def test_dependents_go_with_their_owner(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    api("POST", CMS, owned_by(owner))
    api("POST", CMS, config_map("free"))
    api("DELETE", f"{CMS}/owner")
    until(lambda: names(api) == ["free"])


def test_dependents_of_dependents_go_too(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    child = api("POST", CMS, owned_by(owner))
    api("POST", CMS, owned_by(child, name="grandchild"))
    api("DELETE", f"{CMS}/owner")
    until(lambda: names(api) == [])


def test_an_object_with_another_living_owner_stays_and_loses_the_dead_reference(api: Api) -> None:
    one, two = (api("POST", CMS, config_map(name)) for name in ("one", "two"))
    api("POST", CMS, owned_by(one, two))
    api("DELETE", f"{CMS}/one")
    child = until(
        lambda: (found := api("GET", f"{CMS}/child")).body["metadata"]["ownerReferences"][1:] == [] and found
    )
    assert [reference["name"] for reference in child.body["metadata"]["ownerReferences"]] == ["two"]


def test_an_object_that_is_born_with_a_dead_owner_is_collected(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    api("DELETE", f"{CMS}/owner")
    api("POST", CMS, owned_by(owner))
    until(lambda: names(api) == [])


def test_an_owner_of_the_same_name_but_another_uid_is_dead(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    api("DELETE", f"{CMS}/owner")
    api("POST", CMS, config_map("owner"))
    api("POST", CMS, owned_by(owner))
    until(lambda: names(api) == ["owner"])


def test_an_owner_in_another_namespace_is_dead(api: Api) -> None:
    owner = api("POST", "/api/v1/namespaces/b/configmaps", config_map("owner"))
    api("POST", CMS, owned_by(owner))
    until(lambda: names(api) == [])
    assert names(api, "b") == ["owner"]


def test_an_owner_of_a_kind_that_cannot_be_looked_up_counts_as_alive(api: Api) -> None:
    reference = {"apiVersion": "example.com/v1", "kind": "Thing", "name": "x", "uid": "u"}
    api("POST", CMS, config_map("kept", metadata={"ownerReferences": [reference]}))
    owner = api("POST", CMS, config_map("owner"))
    api("DELETE", f"{CMS}/owner")
    api("POST", CMS, owned_by(owner))
    until(lambda: "child" not in names(api))
    assert names(api) == ["kept"]


def test_a_reference_that_is_added_later_counts(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    child = owned_by(owner)
    api("POST", CMS, config_map("child"))
    api(
        "PATCH",
        f"{CMS}/child",
        {"metadata": {"ownerReferences": child["metadata"]["ownerReferences"]}},
        content_type=MERGE,
    )
    api("DELETE", f"{CMS}/owner")
    until(lambda: names(api) == [])


def test_a_reference_that_is_taken_away_no_longer_counts(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    api("POST", CMS, owned_by(owner))
    api("POST", CMS, owned_by(owner, name="witness"))
    api("PATCH", f"{CMS}/child", {"metadata": {"ownerReferences": None}}, content_type=MERGE)
    api("DELETE", f"{CMS}/owner")
    until(lambda: "witness" not in names(api))
    assert names(api) == ["child"]


def test_a_finalizer_holds_a_dependent(api: Api) -> None:
    owner = api("POST", CMS, config_map("owner"))
    api("POST", CMS, owned_by(owner, finalizers=["example.com/hold"]))
    api("DELETE", f"{CMS}/owner")
    until(lambda: api("GET", f"{CMS}/child").body["metadata"].get("deletionTimestamp"))
    assert names(api) == ["child"]
