"""The ordinary verbs against clusters of both back ends, as the whole integration uses them."""

import threading
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from reconcile.kinds import CONFIG_MAP, NAMESPACE, ROLE, ROUTE, SECRET, SERVICE_ACCOUNT
from reconcile.openshift import errors
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.kubernetes.accounts import Account, within
from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from tests.clusters.backends import Backend, Clusters
from tests.fault_proxy import FaultProxy

BOT = Account("system:serviceaccount:ci:bot", token="bot-token", rules=(within("vault", "vault-net"),))
SPECS = (
    ClusterSpec("public-1", namespaces=("vault", "vault-net", "others")),
    ClusterSpec("plain-1", namespaces=("vault",), openshift=False),
)


@dataclass
class Fleet:
    servers: Clusters
    stack: ExitStack
    bot: str
    """The token of the restricted account."""

    def client(self, name="public-1", token=None):
        cluster = self.servers[name]
        access = Access(name, cluster.url, token or cluster.token, str(self.servers.ca_file))
        return self.stack.enter_context(Client(access))

    def gated(self, name="public-1"):
        """A fault proxy before a cluster, and a client that passes through it."""
        cluster = self.servers[name]
        proxy = self.stack.enter_context(FaultProxy(cluster.url, self.servers.ca_file))
        return proxy, self.stack.enter_context(Client(Access(name, proxy.url, cluster.token, proxy.ca_file)))


@pytest.fixture
def fleet(backend: Backend):
    with backend.clusters(SPECS) as servers, ExitStack() as stack:
        yield Fleet(servers, stack, servers["public-1"].admit(BOT))


def config_map(name="skupper-site", namespace="vault", **data):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": {"skupper": "yes"}},
        "data": data,
    }


def names(found):
    return sorted(item["metadata"]["name"] for item in found.items)


def test_apply_creates_and_then_changes_nothing(fleet):
    client = fleet.client()
    created = client.apply(CONFIG_MAP, config_map(name="site"))
    again = client.apply(CONFIG_MAP, config_map(name="site"))
    assert again["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]


def test_apply_without_force_meets_the_other_field_manager(fleet):
    client = fleet.client()
    client.apply(CONFIG_MAP, config_map(a="1"), field_manager="somebody-else")
    with pytest.raises(errors.Conflict) as caught:
        client.apply(CONFIG_MAP, config_map(a="2"), force=False)
    assert caught.value.hint == "another field manager owns these fields"
    assert client.apply(CONFIG_MAP, config_map(a="2"))["data"] == {"a": "2"}


def test_a_dry_run_changes_nothing(fleet):
    client = fleet.client()
    client.apply(CONFIG_MAP, config_map(), dry_run=True)
    with pytest.raises(errors.NotFound):
        client.get(CONFIG_MAP, "skupper-site", "vault")
    client.create(CONFIG_MAP, config_map())
    client.delete(CONFIG_MAP, "skupper-site", "vault", dry_run=True)
    assert client.get(CONFIG_MAP, "skupper-site", "vault")["metadata"]["name"] == "skupper-site"
    assert client.counts.writes == 1


def test_a_second_create_finds_the_first(fleet):
    client = fleet.client()
    client.create(CONFIG_MAP, config_map())
    with pytest.raises(errors.AlreadyExists):
        client.create(CONFIG_MAP, config_map())


def test_replace_with_an_old_version_is_a_conflict(fleet):
    client = fleet.client()
    old = client.create(CONFIG_MAP, config_map(a="1"))
    client.replace(CONFIG_MAP, {**old, "data": {"a": "2"}})
    with pytest.raises(errors.Conflict):
        client.replace(CONFIG_MAP, {**old, "data": {"a": "3"}})


def test_a_merge_patch_removes_what_is_none(fleet):
    client = fleet.client()
    client.create(CONFIG_MAP, config_map(a="1", b="2"))
    patched = client.patch(CONFIG_MAP, "skupper-site", "vault", {"data": {"a": None}})
    assert patched["data"] == {"b": "2"}


def test_delete_spares_a_successor(fleet):
    client = fleet.client()
    first = client.create(CONFIG_MAP, config_map())
    client.delete(CONFIG_MAP, "skupper-site", "vault", uid=first["metadata"]["uid"])
    client.create(CONFIG_MAP, config_map())
    with pytest.raises(errors.Conflict):
        client.delete(CONFIG_MAP, "skupper-site", "vault", uid=first["metadata"]["uid"])


def test_an_administrator_sees_all_namespaces_by_labels(fleet):
    client = fleet.client()
    for namespace in ("vault", "vault-net", "others"):
        client.create(CONFIG_MAP, config_map(name=f"in-{namespace}", namespace=namespace))
    found = client.list_all(CONFIG_MAP, namespaces=["vault"], labels={"skupper": "yes"})
    assert (names(found), found.scope) == (["in-others", "in-vault", "in-vault-net"], (None,))


def test_a_restricted_account_sees_its_namespaces_and_hears_of_the_others(fleet):
    admin, client = fleet.client(), fleet.client(token=fleet.bot)
    for namespace in ("vault", "others"):
        admin.create(CONFIG_MAP, config_map(name=f"in-{namespace}", namespace=namespace))
    found = client.list_all(CONFIG_MAP, namespaces=["vault", "vault-net", "others"], labels="skupper=yes")
    assert (names(found), found.scope) == (["in-vault"], ("vault", "vault-net"))
    assert found.refused["others"].hint == "the account needs list on configmaps in namespace others"


def test_a_missing_right_is_named_from_the_words_of_the_server(fleet):
    with pytest.raises(errors.Forbidden) as caught:
        fleet.client(token=fleet.bot).create(SECRET, {"metadata": {"name": "a", "namespace": "others"}})
    assert caught.value.hint == "the account needs create on secrets in namespace others"


def test_an_unknown_token_is_unauthorised(fleet):
    with pytest.raises(errors.Unauthorised):
        fleet.client(token="stale").list(NAMESPACE)


def test_plain_kubernetes_serves_no_routes(fleet):
    with pytest.raises(errors.NotServed):
        fleet.client("plain-1").list(ROUTE)


def test_a_secret_of_wrong_base64_is_refused_without_being_repeated(fleet):
    body = {"metadata": {"name": "a", "namespace": "vault"}, "data": {"tls.key": "!CAUGHT!"}}
    with pytest.raises(errors.Invalid) as caught:
        fleet.client().create(SECRET, body)
    assert "CAUGHT" not in str(caught.value)


def test_a_long_list_is_complete(fleet):
    client = fleet.client()
    body = {"apiVersion": "v1", "kind": "ServiceAccount"}
    fleet.servers["public-1"].load(
        *({**body, "metadata": {"name": f"a-{i}", "namespace": "vault"}} for i in range(1203))
    )
    found = client.list(SERVICE_ACCOUNT, fields={"metadata.namespace": "vault"})
    mine = [name for name in names(found) if name.startswith("a-")]
    assert len(set(mine)) == len(mine) == 1203
    assert client.counts.reads == 3


def test_a_watch_goes_on_where_the_list_ended(fleet):
    client, stop = fleet.client(), threading.Event()
    client.create(CONFIG_MAP, config_map(name="before"))
    version = client.list(CONFIG_MAP, namespace="vault").resource_version
    events = client.watch(
        CONFIG_MAP, namespace="vault", labels="skupper=yes", resource_version=version, timeout=20, stop=stop
    )
    client.create(CONFIG_MAP, config_map(name="after"))
    client.create(CONFIG_MAP, config_map(name="elsewhere", namespace="others"))
    client.patch(CONFIG_MAP, "after", "vault", {"data": {"a": "1"}})
    client.delete(CONFIG_MAP, "after", "vault")
    seen = [next(events) for _ in range(3)]
    assert [(event.type, event.object["metadata"]["name"]) for event in seen] == [
        ("ADDED", "after"),
        ("MODIFIED", "after"),
        ("DELETED", "after"),
    ]
    stop.set()
    assert list(events) == []


@pytest.mark.simulation
def test_a_watch_from_a_forgotten_version_is_gone(fleet):
    client = fleet.client()
    version = client.list(CONFIG_MAP).resource_version
    client.create(CONFIG_MAP, config_map())
    fleet.servers["public-1"].forget_history()
    with pytest.raises(errors.Gone):
        list(client.watch(CONFIG_MAP, resource_version=version, timeout=5, stop=threading.Event()))


def test_watches_end_quietly_when_the_server_restarts_and_go_on_after_it(fleet):
    proxy, client = fleet.gated()
    version = client.list(CONFIG_MAP).resource_version
    client.create(CONFIG_MAP, config_map(name="first"))
    events = client.watch(CONFIG_MAP, resource_version=version, timeout=20, stop=threading.Event())
    seen = [next(events)]
    proxy.close()
    assert list(events) == []
    proxy.open()
    client.create(CONFIG_MAP, config_map(name="second"))
    events = client.watch(
        CONFIG_MAP, resource_version=seen[0].resource_version, timeout=20, stop=threading.Event()
    )
    assert next(events).object["metadata"]["name"] == "second"
    events.close()


def test_a_stopped_cluster_is_unreachable_and_its_neighbour_is_not(fleet):
    proxy, client = fleet.gated()
    proxy.close()
    with pytest.raises(errors.Unreachable, match="connection refused"):
        client.list(ROLE)
    assert fleet.client("plain-1").list(ROLE, namespace="vault").items == ()
