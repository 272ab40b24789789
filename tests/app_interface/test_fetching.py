"""From a server to definitions, over the repository's own data and small changes of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconcile.app_interface import queries
from reconcile.app_interface.bundle.loading import load
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.client import Client
from reconcile.app_interface.definitions import ClusterCredentials
from reconcile.app_interface.errors import (
    BadAnswer,
    PartialAnswer,
    UndeclaredSchemas,
    UnknownIntegration,
    UnknownSha,
)
from reconcile.app_interface.fetching import Fetched, fetch, require_declared
from reconcile.app_interface.secrets import SecretReference
from reconcile.sandbox.app_interface.server import Server
from reconcile.skupper.definitions import (
    Approval,
    ApprovedChange,
    Cluster,
    NamespaceOf,
    Network,
    Policy,
    SiteDefinition,
    Strategy,
)
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP, build, edited
from tests.openshift.loopback import Visit, sends, serving

Connect = Callable[..., Client]
Fetch = Callable[..., Fetched]

CLUSTER = "openshift/appsres03ue1/cluster.yml"
NETWORK = "dependencies/skupper/vault.yml"
NAMESPACE = "services/skupper-vault/namespaces/skupper-vault.appsres03ue1.yml"
INTEGRATION = "integrations/qontract-skupper.yml"
REFERENCE = "skupper:\n  network:\n    $ref: /dependencies/skupper/vault.yml\n"


@pytest.fixture
def fetched(tmp_path: Path, connect: Connect) -> Fetch:
    """Serve the repository's data with texts replaced: (path, old text, new text), and fetch."""

    def fetch_edited(*edits: tuple[str, str, str], **options: Any) -> Fetched:
        with Server(edited(tmp_path, *edits)) as server:
            return fetch(connect(server.address), **options)

    return fetch_edited


def network(fetched: Fetched, identifier: str = "vault") -> Network:
    return next(each for each in fetched.definitions.networks if each.identifier == identifier)


def site(fetched: Fetched, cluster: str = "appsres03ue1") -> SiteDefinition:
    return next(each for each in network(fetched).sites if each.cluster.name == cluster)


def test_the_three_networks_are_read(fetched: Fetch) -> None:
    found = [(each.identifier, each.strategy, len(each.sites)) for each in fetched().definitions.networks]
    assert found == [
        ("fake-api-server", Strategy.REDUNDANT, 5),
        ("grafana", Strategy.MESH, 4),
        ("vault", Strategy.MESH, 3),
    ]


def test_a_network_carries_its_version_and_defaults(fetched: Fetch) -> None:
    vault = network(fetched())
    assert (vault.settings, vault.version) == ({"image": "quay.io/skupper/site-controller"}, "1.9.6")
    assert (vault.strategy, vault.redundancy) == (Strategy.MESH, 2)
    assert vault.path == f"/{NETWORK}"
    assert vault.config == {
        "routerLogging": "error+",
        "routerCpu": "200m",
        "routerMemory": "128Mi",
        "serviceSync": True,
    }


def test_a_site_carries_its_cluster_and_policies(fetched: Fetch) -> None:
    assert site(fetched()) == SiteDefinition(
        cluster=Cluster(
            name="appsres03ue1",
            server_url="https://api.appsres03ue1.5nvu.p1.openshiftapps.com:6443",
            private=True,
            internal=True,
            path=f"/{CLUSTER}",
        ),
        namespace="skupper-vault",
        policies=(
            Policy(
                identifier="vault",
                path="/dependencies/skupper/policies/vault.yml",
                allow_incoming_links=True,
                allowed_outgoing_links_hostnames=("*",),
                allowed_exposed_resources=("deployment/vault",),
                allowed_services=("^vault$",),
            ),
        ),
        cluster_admin=True,
        admitted=(NamespaceOf("appsres03ue1", "skupper-vault-user"),),
        path=f"/{NAMESPACE}",
    )


def test_the_bundle_and_its_commit_are_reported(server: Server, bundle: Bundle, connect: Connect) -> None:
    found = fetch(connect(server.address))
    assert (found.commit, found.timestamp) == (COMMIT, int(TIMESTAMP))
    assert found.sha == bundle.sha256


@pytest.mark.parametrize(
    "answer",
    [
        *(
            lambda visit, status=status: visit.answer(status, b"no", "text/html")
            for status in (401, 404, 500, 302)
        ),
        *(
            lambda visit, body=body: visit.answer(200, body, "text/plain")
            for body in (b"", b"[]", b"[" * 100_000)
        ),
        lambda visit: visit.reset(),
    ],
    ids=["refused", "missing", "broken", "redirected", "empty", "a list", "too deep", "cut off"],
)
def test_a_run_goes_on_without_the_commit_of_its_bundle(
    server: Server, connect: Connect, pauses: list[float], answer: Callable[[Visit], None]
) -> None:
    client = connect(server.address)
    data = {"skupper_v1": client.ask(queries.text("skupper"))["skupper_v1"]}
    data |= client.ask(queries.text("clusters"))
    replies = [{"data": {"skupper_v1": data["skupper_v1"]}}, {"data": {"clusters_v1": data["clusters_v1"]}}]
    replies.append({"data": {"app_interface_settings_v1": [{"path": "/s.yml", "vault": False}]}})
    with serving(answer, *map(sends, replies)) as bad:
        found = fetch(connect(f"{bad.url}/graphql"), pin=False, validate=False)
    assert (found.commit, found.timestamp) == ("", None)
    assert len(found.definitions.networks) == 3
    assert pauses == []


def test_an_unpinned_run_has_no_sha(fetched: Fetch) -> None:
    found = fetched(pin=False)
    assert found.sha == ""
    assert len(found.definitions.networks) == 3


def test_a_run_stays_on_its_bundle_while_the_data_moves(
    tmp_path: Path, connect: Connect, bundle: Bundle
) -> None:
    later = edited(tmp_path, (NETWORK, "identifier: vault", "identifier: moved"))
    with Server(bundle) as server:
        client = connect(server.address)
        client.pin()
        server.load(later)
        found = fetch(client)
    assert found.sha == bundle.sha256
    assert network(found).path == f"/{NETWORK}"


def test_a_bundle_that_has_expired_is_named(tmp_path: Path, connect: Connect, bundle: Bundle) -> None:
    later = edited(tmp_path, (NETWORK, "identifier: vault", "identifier: moved"))
    now = [0.0]
    with Server(bundle, clock=lambda: now[0]) as server:
        client = connect(server.address)
        client.pin()
        now[0] += 3600
        server.load(later)
        with pytest.raises(UnknownSha, match=bundle.sha256):
            fetch(client)


def test_maps_arrive_as_maps(fetched: Fetch) -> None:
    wish = "serviceSync: true\n  routerServiceAnnotations:\n    example.com/a: 'x,\"y\"'\n"
    found = fetched((NETWORK, "serviceSync: true\n", wish))
    assert network(found).config["routerServiceAnnotations"] == {"example.com/a": 'x,"y"'}


def test_empty_and_missing_configuration_are_alike(fetched: Fetch) -> None:
    found = fetched((NAMESPACE, REFERENCE, REFERENCE + "  config: {}\n"))
    assert site(found).config == site(found, "app-sre-stage-02").config == {}


def test_falsehood_and_zero_are_values(fetched: Fetch) -> None:
    found = fetched((NAMESPACE, REFERENCE, REFERENCE + "  config: {edge: false, xpRouterMaxFrameSize: 0}\n"))
    assert site(found).config == {"edge": False, "xpRouterMaxFrameSize": 0}


def test_a_topology_may_name_one_of_its_settings_only(fetched: Fetch) -> None:
    found = network(fetched((NETWORK, "\nconfig:", "\ntopology:\n  redundancy: 3\n\nconfig:")))
    assert (found.strategy, found.redundancy) == (Strategy.MESH, 3)


@pytest.mark.parametrize(
    ("edit", "namespace_deleted"),
    [
        ((NAMESPACE, REFERENCE, REFERENCE + "  delete: true\n"), False),
        ((NAMESPACE, "clusterAdmin: true", "clusterAdmin: true\ndelete: true"), True),
    ],
)
def test_a_site_goes_with_its_own_mark_or_its_namespaces(
    fetched: Fetch, edit: tuple[str, str, str], namespace_deleted: bool
) -> None:
    found = site(fetched(edit))
    assert found.delete
    assert found.namespace_deleted is namespace_deleted


def test_a_cluster_without_spec_is_neither_private_nor_public(fetched: Fetch) -> None:
    spec = (
        "spec:\n  product: osd\n  provider: aws\n  region: us-east-1\n  version: 4.10.36\n  private: true\n"
    )
    assert site(fetched((CLUSTER, spec, ""))).cluster.private is None


def test_only_peerings_with_clusters_count(fetched: Fetch) -> None:
    peering = """
peering:
  connections:
  - provider: cluster-vpc-requester
    name: a
    cluster: {$ref: /openshift/app-sre-stage-01/cluster.yml}
    manageRoutes: true
  - provider: cluster-vpc-accepter
    name: b
    cluster: {$ref: /openshift/app-sre-stage-02/cluster.yml}
    manageRoutes: true
  - provider: cluster-vpc-accepter
    name: c
    cluster: {$ref: /openshift/appsrep05ue1/cluster.yml}
    manageRoutes: true
    delete: true
  - provider: account-vpc
    name: d
"""
    found = site(fetched((CLUSTER, "\nautomationToken:", peering + "\nautomationToken:")))
    assert found.cluster.vpc_peers == {"app-sre-stage-01", "app-sre-stage-02"}


@pytest.mark.parametrize(
    ("integrations", "disabled"), [("[qontract-skupper]", True), ("[openshift-routes]", False), ("[]", False)]
)
def test_a_cluster_may_disable_this_integration(fetched: Fetch, integrations: str, disabled: bool) -> None:
    edit = (CLUSTER, "internal: true", f"internal: true\ndisable:\n  integrations: {integrations}")
    assert site(fetched(edit)).cluster.disabled is disabled


def token_list(*tokens: str) -> tuple[str, str, str]:
    entries = "".join(f"- {{name: t{n}, namespace: n, {token}}}\n" for n, token in enumerate(tokens))
    return (CLUSTER, "automationToken:", f"automationTokens:\n{entries}\nautomationToken:")


@pytest.mark.parametrize(
    ("tokens", "path"),
    [
        (["active: true, secret: {path: a/1, field: token}"], "a/1"),
        (
            [
                "active: false, secret: {path: a/1, field: token}",
                "active: true, delete: true, secret: {path: a/2, field: token}",
                "active: true",
                "active: true, secret: {path: a/4, field: token}",
                "active: true, secret: {path: a/5, field: token}",
            ],
            "a/4",
        ),
        (["active: false, secret: {path: a/1, field: token}"], "app-sre/creds/kube-configs/appsres03ue1"),
        ([], "app-sre/creds/kube-configs/appsres03ue1"),
    ],
)
def test_the_first_usable_token_of_the_rotation_counts(fetched: Fetch, tokens: list[str], path: str) -> None:
    edits = [token_list(*tokens)] if tokens else []
    found = fetched(*edits).credentials["appsres03ue1"].automation
    assert found is not None
    assert found.path == path


def test_credentials_name_both_tokens(fetched: Fetch) -> None:
    root = "app-sre/creds/kube-configs/appsres03ue1"
    edit = (CLUSTER, "labels: {}", "labels: {}\ninsecureSkipTLSVerify: true")
    assert fetched(edit).credentials["appsres03ue1"] == ClusterCredentials(
        automation=SecretReference(root, "token"),
        admin=SecretReference(f"{root}-cluster-admin", "token"),
        insecure=True,
    )


@pytest.mark.parametrize("edit", ["labels: {}", "labels: {}\ninsecureSkipTLSVerify: false"])
def test_certificates_are_checked_where_the_data_does_not_say_otherwise(fetched: Fetch, edit: str) -> None:
    assert fetched((CLUSTER, "labels: {}", edit)).credentials["appsres03ue1"].insecure is False


def test_a_cluster_without_a_way_in_is_known_only_through_its_sites(fetched: Fetch) -> None:
    found = fetched(
        (CLUSTER, "serverUrl: https://api.appsres03ue1.5nvu.p1.openshiftapps.com:6443", 'serverUrl: ""')
    )
    assert "appsres03ue1" not in {cluster.name for cluster in found.definitions.clusters}
    assert site(found).cluster.server_url == ""


def test_settings_say_where_secrets_lie(fetched: Fetch) -> None:
    assert fetched(("app-interface/settings.yml", "vault: false", "vault: true")).vault is True


def test_two_settings_files_are_refused(tmp_path: Path, connect: Connect) -> None:
    edited(tmp_path)
    settings = tmp_path / "data/app-interface/settings.yml"
    settings.with_name("more.yml").write_text(settings.read_text())
    bundle = build(tmp_path / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)
    with Server(bundle) as server, pytest.raises(BadAnswer, match="2 files of schema"):
        fetch(connect(server.address))


def test_a_dangling_reference_ends_the_run(fetched: Fetch) -> None:
    edit = (NAMESPACE, "/openshift/appsres03ue1/cluster.yml", "/openshift/nowhere/cluster.yml")
    with pytest.raises(PartialAnswer, match=r"Cannot return null .*\(at skupper_v1\."):
        fetched(edit)


def test_an_explicit_null_ends_the_run(fetched: Fetch) -> None:
    with pytest.raises(PartialAnswer, match="reading 'constructor'"):
        fetched((NAMESPACE, "clusterAdmin: true", "clusterAdmin: null"))


def test_data_of_another_shape_names_its_datafile(fetched: Fetch) -> None:
    edit = (NETWORK, "\nconfig:", "\ntopology:\n  strategy: ring\n\nconfig:")
    with pytest.raises(BadAnswer) as caught:
        fetched(edit)
    assert f"/{NETWORK} topology.strategy: Input should be 'mesh' or 'redundant'" in str(caught.value)


def test_queried_schemas_are_reported(fetched: Fetch) -> None:
    assert fetched().schemas == {
        "/app-interface/app-interface-settings-1.yml",
        "/app-sre/integration-1.yml",
        "/dependencies/skupper-1.yml",
        "/dependencies/skupper-policy-1.yml",
        "/openshift/cluster-1.yml",
        "/openshift/namespace-1.yml",
    }


def test_an_undeclared_schema_ends_the_run_with_exit_code_5(fetched: Fetch) -> None:
    with pytest.raises(UndeclaredSchemas) as caught:
        fetched((INTEGRATION, "- /dependencies/skupper-policy-1.yml\n", ""))
    assert caught.value.exit_code == 5
    assert caught.value.schemas == ("/dependencies/skupper-policy-1.yml",)
    assert f"/{INTEGRATION}" in str(caught.value)


def test_an_unknown_integration_ends_the_run_with_exit_code_4(fetched: Fetch) -> None:
    with pytest.raises(UnknownIntegration, match="qontract-skupper") as caught:
        fetched((INTEGRATION, "name: qontract-skupper", "name: another"))
    assert caught.value.exit_code == 4


def test_declarations_are_not_looked_at_unless_asked_for(fetched: Fetch) -> None:
    found = fetched((INTEGRATION, "name: qontract-skupper", "name: another"), validate=False)
    assert "/app-sre/integration-1.yml" not in found.schemas


def test_another_integration_can_be_checked(server: Server, connect: Connect) -> None:
    with pytest.raises(UnknownIntegration, match="skupper-network"):
        require_declared(connect(server.address), "skupper-network")


def test_answers_about_two_bundles_are_refused(server: Server, connect: Connect) -> None:
    networks = connect(server.address).ask(queries.text("skupper"))
    replies = [
        {"commit": "c"},
        {"data": networks},
        {"data": {"clusters_v1": []}},
        {"data": {"app_interface_settings_v1": [{"path": "/s.yml", "vault": False}]}},
    ]
    refused = pytest.raises(BadAnswer, match=r"changed between two queries.*retry")
    with serving(*map(sends, replies)) as changing, refused:
        fetch(connect(f"{changing.url}/graphql"), pin=False, validate=False)


APPROVALS = """
approvals:
- change: remove
  sites: [appsres03ue1/skupper-vault, appsres05ue1/skupper-vault]
  until: "2026-12-31"
  reason: decommissioned
"""
APPROVING = (NETWORK, "\nconfig:", APPROVALS + "\nconfig:")


def test_a_network_carries_its_approvals(fetched: Fetch) -> None:
    assert network(fetched(APPROVING)).approvals == (
        Approval(
            change=ApprovedChange.REMOVE,
            sites=("appsres03ue1/skupper-vault", "appsres05ue1/skupper-vault"),
            until="2026-12-31",
            reason="decommissioned",
        ),
    )


@pytest.mark.parametrize(
    "fields", [{"approvals"}, {"networkPoliciesAllow"}, {"approvals", "networkPoliciesAllow"}]
)
def test_a_server_whose_schemas_lack_optional_fields_is_asked_without_them(
    fields: set[str], bundle: Bundle, connect: Connect
) -> None:
    with Server(without(fields, bundle)) as server:
        found = fetch(connect(server.address)).definitions
    assert [each.approvals for each in found.networks] == [(), (), ()]
    admitting = {site.admitted for each in found.networks for site in each.sites}
    assert (admitting == {()}) is ("networkPoliciesAllow" in fields)


def without(fields: set[str], bundle: Bundle) -> Bundle:
    """The same bundle with the GraphQL types of older schemas."""
    content = json.loads(bundle.text)
    for conf in content["graphql"]["confs"]:
        conf["fields"] = [each for each in conf["fields"] if each["name"] not in fields]
    return load(json.dumps(content))
