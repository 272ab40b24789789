"""The clusters as a whole: starting, stopping, looking inside, being reached."""

import datetime
import http.client
import ssl
import urllib.error
from pathlib import Path

import pytest
import yaml

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.errors import ApiError
from reconcile.sandbox.kubernetes.requests import RequestCounts
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.sandbox.kubernetes.conftest import Api, client, config_map
from tests.sandbox.kubernetes.conversation import MERGE

CMS = "/api/v1/namespaces/a/configmaps"
WIDGET = Kind("example.com", "v1", "widgets", "Widget")

pytestmark = pytest.mark.simulation


def in_a(name: str = "cm", **parts: object) -> dict[str, object]:
    return config_map(name, metadata={"namespace": "a"}, **parts)


def test_clusters_share_nothing(api: Api, plain: Api) -> None:
    api("POST", CMS, config_map())
    assert plain("GET", CMS).names == []
    assert api.cluster.url != plain.cluster.url


def test_the_certificate_is_issued_by_the_throw_away_authority(fleet: ApiServers) -> None:
    host, port = fleet["shift"].url.removeprefix("https://").split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/readyz")
    connection.close()


def test_every_fleet_has_an_authority_of_its_own() -> None:
    with ApiServers([]) as one, ApiServers([]) as two:
        assert one.ca_file.read_bytes() != two.ca_file.read_bytes()


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    with ApiServers([ClusterSpec("one")], folder=tmp_path) as fleet:
        fleet.write_kubeconfig(tmp_path / "kubeconfig")
        secret = [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077 == 0]
    assert sorted(secret) == ["kubeconfig", "server.key"]


def test_the_temporary_folder_goes_with_the_fleet() -> None:
    with ApiServers([]) as fleet:
        assert fleet.folder.exists()
    assert not fleet.folder.exists()


def test_a_kubeconfig_has_a_context_for_every_cluster(fleet: ApiServers, tmp_path: Path) -> None:
    config = yaml.safe_load(fleet.write_kubeconfig(tmp_path / "kubeconfig").read_text())
    assert [context["name"] for context in config["contexts"]] == ["shift", "plain"]
    assert [cluster["cluster"]["server"] for cluster in config["clusters"]] == [
        cluster.url for cluster in fleet
    ]


def test_a_stopped_cluster_refuses_connections_and_comes_back_as_it_was(api: Api) -> None:
    api("POST", CMS, config_map())
    url = api.cluster.url
    api.cluster.stop()
    with pytest.raises(urllib.error.URLError, match="refused"):
        api("GET", CMS)
    api.cluster.start()
    assert (api.cluster.url, api("GET", CMS).names) == (url, ["cm"])


def test_a_fleet_can_be_stopped_twice() -> None:
    fleet = ApiServers([ClusterSpec("one")]).start()
    fleet.stop()
    fleet.stop()


def test_objects_can_be_loaded_before_the_start() -> None:
    fleet = ApiServers([ClusterSpec("one")])
    fleet["one"].load({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "early"}})
    with fleet:
        assert client(fleet, "one")("GET", "/api/v1/namespaces/early").status == 200


def test_loading_keeps_to_the_rules_of_the_server(fleet: ApiServers) -> None:
    with pytest.raises(ApiError, match="already exists"):
        fleet["shift"].load(in_a(), in_a())


def test_loading_an_unknown_kind_says_what_to_do(fleet: ApiServers) -> None:
    with pytest.raises(ValueError, match="add it to extra_kinds"):
        fleet["shift"].load({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}})


def test_objects_are_seen_without_requests(fleet: ApiServers) -> None:
    cluster = fleet["shift"]
    cluster.load(in_a("one", data={"k": "v"}), {**in_a("two"), "metadata": {"name": "two", "namespace": "b"}})
    everywhere = {obj["metadata"]["name"] for obj in cluster.objects(kinds.CONFIG_MAP)}
    assert everywhere == {"one", "two", "kube-apiserver-legacy-service-account-token-tracking"}
    assert [obj["metadata"]["name"] for obj in cluster.objects(kinds.CONFIG_MAP, "b")] == ["two"]
    assert cluster.find(kinds.CONFIG_MAP, "one", "a")["data"] == {"k": "v"}
    assert cluster.find(kinds.CONFIG_MAP, "three", "a") is None
    assert cluster.counts() == RequestCounts(0, 0, 0, 0)


def test_objects_are_selected_by_labels(fleet: ApiServers) -> None:
    labelled = config_map("one", metadata={"namespace": "a", "labels": {"x": "1"}})
    fleet["shift"].load(labelled, in_a("two"))
    assert [
        obj["metadata"]["name"] for obj in fleet["shift"].objects(kinds.CONFIG_MAP, labels={"x": "1"})
    ] == ["one"]


def test_an_object_can_be_removed_without_a_request(fleet: ApiServers) -> None:
    fleet["shift"].load(in_a())
    fleet["shift"].remove(kinds.CONFIG_MAP, "cm", "a")
    assert fleet["shift"].objects(kinds.CONFIG_MAP, "a") == []


def test_the_revision_counts_writes_only(api: Api) -> None:
    before = api.cluster.revision
    api("GET", CMS)
    api("POST", f"{CMS}?dryRun=All", config_map())
    api("GET", f"{CMS}/missing")
    assert api.cluster.revision == before
    api("POST", CMS, config_map())
    assert api.cluster.revision == before + 1


def test_requests_are_counted_by_what_they_do(api: Api) -> None:
    api("POST", CMS, config_map())
    api("GET", f"{CMS}/cm")
    api("GET", "/api/v1/configmaps")
    api("PATCH", f"{CMS}/cm?dryRun=All", {"data": {}}, content_type=MERGE)
    api("DELETE", f"{CMS}/cm", {"dryRun": ["All"]})
    api("GET", f"{CMS}?watch=1&timeoutSeconds=1")
    api("GET", "/apis")
    assert api.cluster.counts() == RequestCounts(reads=2, writes=1, dry_runs=2, watches=1)


def test_refused_requests_count_too(api: Api) -> None:
    api.by("bot-token")("GET", "/api/v1/secrets")
    assert api.cluster.counts().reads == 1


def test_extra_kinds_are_served_as_custom_resources() -> None:
    with ApiServers([ClusterSpec("one", namespaces=("a",), extra_kinds=(WIDGET,))]) as fleet:
        api = client(fleet, "one")
        path = "/apis/example.com/v1/namespaces/a/widgets"
        widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
        assert api("POST", path, {**widget, "anything": [None]}).status == 201
        assert api("GET", "/apis/example.com/v1/widgets").body["items"][0]["kind"] == "Widget"


def test_the_clock_can_be_given() -> None:
    moment = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    with ApiServers([ClusterSpec("one", now=lambda: moment)]) as fleet:
        created = fleet["one"].find(kinds.NAMESPACE, "default")["metadata"]["creationTimestamp"]
        with client(fleet, "one").watch("/version") as answer:
            said = answer.headers["Date"]
    assert (created, said) == ("2030-01-02T03:04:05Z", "Wed, 02 Jan 2030 03:04:05 GMT")


def test_plain_kubernetes_neither_serves_nor_announces_routes_and_policies(plain: Api) -> None:
    assert plain("GET", "/apis/route.openshift.io/v1/routes").status == 404
    assert plain("GET", "/apis/skupper.io/v1alpha1/skupperclusterpolicies").status == 404
    groups = {group["name"] for group in plain("GET", "/apis").body["groups"]}
    assert groups == {
        "apps",
        "authorization.k8s.io",
        "batch",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
    }


def test_openshift_announces_routes_and_policies(api: Api) -> None:
    groups = {group["name"] for group in api("GET", "/apis").body["groups"]}
    assert {"route.openshift.io", "skupper.io"} <= groups


def test_discovery_tells_names_scopes_and_verbs(api: Api) -> None:
    found = {entry["name"]: entry for entry in api("GET", "/apis/apps/v1").body["resources"]}
    assert set(found) == {"deployments", "deployments/status"}
    deployments = found["deployments"]
    assert (deployments["kind"], deployments["namespaced"], deployments["shortNames"]) == (
        "Deployment",
        True,
        ["deploy"],
    )
    assert "patch" in deployments["verbs"]


def test_a_group_tells_its_preferred_version(api: Api) -> None:
    group = api("GET", "/apis/apps").body
    assert group["preferredVersion"]["groupVersion"] == "apps/v1"


def test_the_version_is_told(api: Api) -> None:
    assert int(api("GET", "/version").body["minor"]) >= 20


def test_a_cluster_has_what_every_api_server_makes_for_itself(fleet: ApiServers) -> None:
    cluster = fleet["plain"]
    made = {obj["metadata"]["name"] for obj in cluster.objects(kinds.NAMESPACE)}
    assert made >= {"default", "kube-system", "kube-public", "kube-node-lease"}
    since = cluster.find(
        kinds.CONFIG_MAP, "kube-apiserver-legacy-service-account-token-tracking", "kube-system"
    )["data"]["since"]
    assert datetime.date.fromisoformat(since)
    assert cluster.find(kinds.SERVICE, "kubernetes", "default")["spec"]["clusterIPs"] == ["172.30.0.1"]


def test_that_is_not_made_again_when_the_server_restarts(fleet: ApiServers) -> None:
    cluster = fleet["plain"]
    before = cluster.revision
    cluster.stop()
    cluster.start()
    assert cluster.revision == before
