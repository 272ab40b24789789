"""Server-side apply where today's servers differ from the recorded one: status, atomic fields, migration."""

import itertools
from typing import Any

from tests.sandbox.kubernetes.conftest import Api, config_map
from tests.sandbox.kubernetes.conversation import APPLY, IMAGE, MERGE, deployment, service
from tests.waiting import until

D = "/apis/apps/v1/namespaces/a/deployments/d"
SERVICE = "/api/v1/namespaces/a/services/svc"
ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}
CM = "/api/v1/namespaces/a/configmaps/cm"


def owners(body: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    return {
        (entry["manager"], entry["operation"], entry.get("subresource", "")): entry["fieldsV1"]
        for entry in body["metadata"]["managedFields"]
    }


def apply(api: Api, path: str, body: Any, manager: str = "one", query: str = "") -> Any:
    return api("PATCH", f"{path}?fieldManager={manager}{query}", body, content_type=APPLY)


def test_a_status_in_an_applied_object_is_neither_written_nor_owned(api: Api) -> None:
    answer = apply(api, D, {**deployment(IMAGE), "status": {"replicas": 9}})
    assert "replicas" not in answer.body.get("status", {})
    assert "f:status" not in owners(answer.body)["one", "Apply", ""]


def test_the_status_is_written_and_owned_through_its_subresource(plain: Api) -> None:
    apply(plain, SERVICE, service(type="LoadBalancer", ports=[{"port": 80, "protocol": "TCP"}]))
    body = {"status": ADDRESS, "spec": {"selector": {"a": "b"}}}
    answer = plain("PATCH", f"{SERVICE}/status?fieldManager=ctl", body, content_type=MERGE)
    assert (answer.body["status"], "selector" in answer.body["spec"]) == (ADDRESS, False)
    assert owners(answer.body)["ctl", "Update", "status"] == {
        "f:status": {"f:loadBalancer": {"f:ingress": {}}}
    }


def test_a_replaced_object_keeps_its_status(plain: Api) -> None:
    apply(plain, SERVICE, service(type="LoadBalancer", ports=[{"port": 80, "protocol": "TCP"}]))
    plain("PATCH", f"{SERVICE}/status", {"status": ADDRESS}, content_type=MERGE)
    answer = plain("PUT", SERVICE, {**service(type="LoadBalancer", ports=[{"port": 81}]), "status": {}})
    assert (answer.body["status"], answer.body["spec"]["ports"][0]["port"]) == (ADDRESS, 81)


def test_a_status_is_not_counted_by_the_generation(plain: Api) -> None:
    apply(plain, D, deployment(IMAGE))
    body = {"metadata": {"annotations": {"a": "b"}}, "status": {"replicas": 3}}
    answer = plain("PATCH", f"{D}/status", body, content_type=MERGE)
    assert (answer.body["metadata"]["annotations"]["a"], answer.body["metadata"]["generation"]) == ("b", 1)


def test_a_reference_has_one_owner_as_a_whole(api: Api) -> None:
    env = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    answer = apply(api, D, deployment({**IMAGE, "env": env}))
    container = owners(answer.body)["one", "Apply", ""]["f:spec"]["f:template"]["f:spec"]["f:containers"]
    value = container['k:{"name":"c"}']["f:env"]['k:{"name":"A"}']["f:valueFrom"]
    assert value == {"f:secretKeyRef": {}}


def test_a_selector_of_a_service_has_one_owner_as_a_whole(api: Api) -> None:
    body = {**service(ports=[{"port": 80, "protocol": "TCP"}], selector={"a": "b"})}
    apply(api, SERVICE, body)
    other = {**service(selector={"c": "d"})}
    assert apply(api, SERVICE, other, "two").status == 409
    assert apply(api, SERVICE, other, "two", "&force=true").body["spec"]["selector"] == {"c": "d"}


def test_a_port_without_a_protocol_is_the_tcp_port(api: Api) -> None:
    apply(api, SERVICE, service(ports=[{"port": 80, "protocol": "TCP"}]))
    before = api("GET", SERVICE).version
    answer = apply(api, SERVICE, service(ports=[{"port": 80, "protocol": "TCP"}]))
    assert (answer.version, len(answer.body["spec"]["ports"])) == (before, 1)


def test_an_item_without_its_key_is_refused(api: Api) -> None:
    answer = apply(api, D, deployment({"image": "x"}))
    (cause,) = answer.body["details"]["causes"]
    assert (answer.status, cause["field"]) == (422, "spec.template.spec.containers[0].name")


def test_two_owners_of_items_of_one_list_do_not_collide(api: Api) -> None:
    apply(api, D, deployment({**IMAGE, "env": [{"name": "A", "value": "1"}]}))
    side = {
        "spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "B", "value": "2"}]}]}}}
    }
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, **side}
    both = apply(api, D, body, "two")
    assert both.status == 200
    left = apply(api, D, deployment(IMAGE))
    assert [entry["name"] for entry in left.body["spec"]["template"]["spec"]["containers"][0]["env"]] == ["B"]


def test_a_conflict_names_the_subresource_of_the_other(api: Api) -> None:
    apply(api, CM, config_map(data={"a": "1"}))
    api("PATCH", f"{CM}?fieldManager=up", {"data": {"a": "2"}}, content_type=MERGE)
    answer = apply(api, CM, config_map(data={"a": "3"}))
    assert answer.body["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "up" using v1', "field": ".data.a"}
    ]


def test_times_of_owners_alone_are_no_change(api: Api) -> None:
    first = apply(api, CM, config_map(data={"a": "1"}))
    assert apply(api, CM, config_map(data={"a": "1"})).version == first.version


def test_a_write_that_changes_a_value_renews_the_time_of_its_owner(api: Api) -> None:
    def written(value: str) -> str:
        body = {"metadata": {"annotations": {"a": value}}}
        (entry,) = api("PATCH", f"{CM}?fieldManager=up", body, content_type=MERGE).body["metadata"][
            "managedFields"
        ]
        return entry["time"]

    api("POST", f"{CM.removesuffix('/cm')}?fieldManager=up", config_map(metadata={"annotations": {"a": "0"}}))
    values = itertools.count(1)
    first = written("1")
    until(lambda: written(str(next(values))) > first, seconds=10)


def policy(spec: Any) -> dict[str, Any]:
    head = {"apiVersion": "skupper.io/v1alpha1", "kind": "SkupperClusterPolicy", "metadata": {"name": "p"}}
    return {**head, "spec": spec}


def test_a_custom_resource_is_stored_as_it_was_sent(api: Api) -> None:
    path = "/apis/skupper.io/v1alpha1/skupperclusterpolicies/p"
    body = policy({"namespaces": [], "allowIncomingLinks": False})
    assert apply(api, path, body).body["spec"] == {"namespaces": [], "allowIncomingLinks": False}


def test_a_custom_resource_is_replaced_only_with_its_version(api: Api) -> None:
    path = "/apis/skupper.io/v1alpha1/skupperclusterpolicies/p"
    body = policy({"namespaces": ["*"]})
    created = api("POST", path.removesuffix("/p"), body)
    assert api("PUT", path, body).status == 422
    body["metadata"]["resourceVersion"] = created.version
    assert api("PUT", path, body).status == 200


def test_a_custom_resource_has_no_strategic_merge(api: Api) -> None:
    path = "/apis/skupper.io/v1alpha1/skupperclusterpolicies"
    api("POST", path, policy({}))
    answer = api("PATCH", f"{path}/p", {"spec": {}}, content_type="application/strategic-merge-patch+json")
    assert answer.status == 415


def test_the_generation_of_a_custom_resource_counts_its_spec(api: Api) -> None:
    path = "/apis/skupper.io/v1alpha1/skupperclusterpolicies"
    api("POST", path, policy({"namespaces": ["a"]}))
    labelled = api("PATCH", f"{path}/p", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
    changed = api("PATCH", f"{path}/p", {"spec": {"namespaces": ["b"]}}, content_type=MERGE)
    assert [answer.body["metadata"]["generation"] for answer in (labelled, changed)] == [1, 2]


def test_an_update_strategy_is_not_merged_into_another_one(api: Api) -> None:
    api("POST", "/apis/apps/v1/namespaces/a/deployments", deployment(IMAGE))
    strategy = {"strategy": {"type": "Recreate"}}
    answer = apply(api, D, deployment(IMAGE, **strategy), query="&force=true")
    assert answer.status == 422
    assert "may not be specified when strategy `type` is 'Recreate'" in answer.body["message"]


def test_a_value_is_not_merged_with_a_reference(api: Api) -> None:
    field = {"valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}
    posted = deployment({**IMAGE, "env": [{"name": "A", **field}]})
    api("POST", "/apis/apps/v1/namespaces/a/deployments", posted)
    merged = deployment({**IMAGE, "env": [{"name": "A", "value": "a"}]})
    answer = apply(api, D, merged, query="&force=true")
    assert answer.status == 422
    assert "may not be specified when `value` is not empty" in answer.body["message"]
