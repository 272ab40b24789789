"""What a site consists of: which objects, whose they are, and what they say."""

import json
from collections.abc import Callable

import pytest

from reconcile.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
)
from tests.sandbox.skupper.namespaces import CONTROLLER, MADE, SkupperNamespace, decode
from tests.waiting import until

Make = Callable[..., SkupperNamespace]

BASIC = {
    SERVICE_ACCOUNT: {"skupper-router", "skupper-service-controller"},
    ROLE: {"skupper-router", "skupper-service-controller"},
    ROLE_BINDING: {"skupper-router", "skupper-service-controller"},
    SECRET: {
        "skupper-local-ca",
        "skupper-site-ca",
        "skupper-service-ca",
        "skupper-local-server",
        "skupper-local-client",
        "skupper-service-client",
        "skupper-site-server",
    },
    CONFIG_MAP: {
        *("skupper-internal", "skupper-services", "skupper-sasl-config"),
        *("skupper-network-status", "skupper-site-leader"),
    },
    SERVICE: {"skupper-router-local", "skupper-router"},
    ROUTE: set(),
    DEPLOYMENT: {"skupper-router", "skupper-service-controller"},
}
IGNORED = {
    CONTROLLER,
    "skupper-site",
    "kube-root-ca.crt",
    "default",
    "openshift-service-ca.crt",
    "deployer",
    "builder",
}


def found(place: SkupperNamespace) -> dict[object, set[str]]:
    return {kind: place.names(kind) - IGNORED for kind in MADE}


@pytest.fixture(scope="module")
def plain(shared: Make) -> SkupperNamespace:
    """A site that tests only read, as the two below."""
    return shared().site(ingress="none")


@pytest.fixture(scope="module")
def routed(shared: Make) -> SkupperNamespace:
    return shared().site(ingress="route")


@pytest.fixture(scope="module")
def labelled(shared: Make) -> SkupperNamespace:
    site = shared()
    site.install()
    site.declare(labels={"owner": "us"}, ingress="none")
    site.wait_for(CONFIG_MAP, "skupper-network-status")
    return site


def test_an_interior_site_gets_everything_that_the_controller_makes(plain: SkupperNamespace) -> None:
    until(lambda: found(plain) == BASIC)


def test_a_site_with_routes_has_one_for_each_role(routed: SkupperNamespace) -> None:
    assert routed.names(ROUTE) == {"skupper-inter-router", "skupper-edge", "claims"}


def test_routes_pass_tls_through_to_the_router(routed: SkupperNamespace) -> None:
    spec = routed.wait_for(ROUTE, "skupper-edge")["spec"]
    assert (spec["to"]["name"], spec["tls"]["termination"], spec["port"]["targetPort"]) == (
        "skupper-router",
        "passthrough",
        "edge",
    )


def test_an_ingress_host_makes_the_hosts_of_the_routes(place: Make) -> None:
    site = place()
    site.install(rules=None)
    site.patch(
        ROLE,
        CONTROLLER,
        {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]},
    )
    site.declare(ingress="route", ingress_host="apps.example")

    route = site.wait_for(ROUTE, "skupper-inter-router")
    assert route["spec"]["host"] == f"skupper-inter-router-{site.namespace}.apps.example"


def test_an_edge_site_accepts_nobody(place: Make) -> None:
    site = place().site(router_mode="edge", ingress="none")

    expected = {**BASIC, SECRET: BASIC[SECRET] - {"skupper-site-ca", "skupper-site-server"}}
    expected[SERVICE] = {"skupper-router-local"}
    until(lambda: found(site) == expected)
    assert set(site.config()["listener"]) == {"@9090", "amqp", "amqps"}


def test_the_old_edge_key_makes_an_edge_site_too(place: Make) -> None:
    site = place().site(edge="true", ingress="none")

    assert site.config()["router"][""]["mode"] == "edge"


def test_all_but_status_and_lock_belong_to_the_config_map(plain: SkupperNamespace) -> None:
    owners = {
        (kind.name, name): plain.wait_for(kind, name)["metadata"]["ownerReferences"]
        for kind, names in BASIC.items()
        for name in names - {"skupper-network-status", "skupper-site-leader"}
    }

    assert {owner["uid"] for references in owners.values() for owner in references} == {plain.site_id}


@pytest.mark.parametrize("name", ["skupper-network-status", "skupper-site-leader"])
def test_status_and_lock_belong_to_the_router_and_carry_no_labels(
    labelled: SkupperNamespace, name: str
) -> None:
    metadata = labelled.wait_for(CONFIG_MAP, name)["metadata"]

    router = labelled.wait_for(DEPLOYMENT, "skupper-router")["metadata"]["uid"]
    assert ([owner["uid"] for owner in metadata["ownerReferences"]], metadata.get("labels")) == (
        [router],
        None,
    )


def test_labels_of_the_config_map_are_on_every_object(labelled: SkupperNamespace) -> None:
    named = {
        (kind.name, name): labelled.wait_for(kind, name)["metadata"].get("labels", {}).get("owner")
        for kind, names in BASIC.items()
        for name in names - {"skupper-network-status", "skupper-site-leader"}
    }

    assert set(named.values()) == {"us"}


@pytest.mark.parametrize("service", ["skupper-router", "skupper-router-local"])
def test_labels_of_the_config_map_are_in_the_selectors_of_services(
    labelled: SkupperNamespace, service: str
) -> None:
    assert labelled.wait_for(SERVICE, service)["spec"]["selector"]["owner"] == "us"


def test_excluded_labels_are_not_handed_on(place: Make) -> None:
    site = place()
    site.install()
    site.declare(
        labels={"owner": "us", "noise": "x"},
        annotations={"skupper.io/exclude-labels": "noise"},
        ingress="none",
    )

    assert "noise" not in site.wait_for(SERVICE, "skupper-router")["metadata"]["labels"]


def test_the_router_is_configured_in_the_real_format(place: Make) -> None:
    site = place().site(name="one", ingress="none")
    config = site.config()

    assert config["router"][""] == {
        "id": "one-${HOSTNAME}",
        "mode": "interior",
        "helloMaxAgeSeconds": "3",
        "metadata": f'{{"id":"{site.site_id}","version":"1.9.6","platform":"kubernetes"}}',
    }
    assert config["listener"]["interior-listener"] == {
        "name": "interior-listener",
        "role": "inter-router",
        "port": 55671,
        "sslProfile": "skupper-internal",
        "saslMechanisms": "EXTERNAL",
        "authenticatePeer": True,
    }


def test_a_site_without_a_name_is_called_like_its_namespace(plain: SkupperNamespace) -> None:
    assert plain.config()["router"][""]["id"] == f"{plain.namespace}-${{HOSTNAME}}"


def test_the_images_are_those_of_the_controllers_version(plain: SkupperNamespace) -> None:
    containers = plain.wait_for(DEPLOYMENT, "skupper-router")["spec"]["template"]["spec"]["containers"]
    assert [container["image"] for container in containers] == [
        "quay.io/skupper/skupper-router:2.7.6",
        "quay.io/skupper/config-sync:1.9.6",
    ]


def test_environment_variables_of_the_controller_choose_other_images(place: Make) -> None:
    site = place()
    site.install(env={"QDROUTERD_IMAGE": "mirror.example/router:1"})
    site.declare(ingress="none")

    containers = site.wait_for(DEPLOYMENT, "skupper-router")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == "mirror.example/router:1"


def test_a_load_balancer_is_what_plain_kubernetes_gets_by_default(place: Make) -> None:
    site = place("west")
    site.install()
    site.declare()

    assert site.wait_for(SERVICE, "skupper-router")["spec"]["type"] == "LoadBalancer"


def test_the_service_controller_knows_the_site_and_the_router_it_works_for(plain: SkupperNamespace) -> None:
    pod = plain.wait_for(DEPLOYMENT, "skupper-service-controller")["spec"]["template"]["spec"]

    env = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    router = plain.wait_for(DEPLOYMENT, "skupper-router")["metadata"]["uid"]
    assert (env["SKUPPER_SITE_ID"], env["OWNER_UID"]) == (plain.site_id, router)


def test_without_a_service_controller_there_is_none(place: Make) -> None:
    site = place().site(ingress="none", service_controller="false")

    site.said("Skupper site initialised")
    assert "skupper-service-controller" not in site.names(DEPLOYMENT)


@pytest.mark.parametrize("name", sorted(BASIC[SECRET] - {"skupper-service-client"}))
def test_secrets_with_certificates_are_of_the_type_for_them(plain: SkupperNamespace, name: str) -> None:
    assert plain.wait_for(SECRET, name)["type"] == "kubernetes.io/tls"


def test_the_claims_route_redirects_connections_without_tls(routed: SkupperNamespace) -> None:
    policies = {
        name: routed.wait_for(ROUTE, name)["spec"]["tls"]["insecureEdgeTerminationPolicy"]
        for name in routed.names(ROUTE)
    }

    assert policies == {"skupper-inter-router": "None", "skupper-edge": "None", "claims": "Redirect"}


def test_bindings_name_accounts_without_their_namespace(plain: SkupperNamespace) -> None:
    subjects = plain.wait_for(ROLE_BINDING, "skupper-router")["subjects"]
    assert subjects == [{"kind": "ServiceAccount", "name": "skupper-router"}]


def test_roles_list_routes_before_ingresses(plain: SkupperNamespace) -> None:
    groups = [rule["apiGroups"][0] for rule in plain.wait_for(ROLE, "skupper-router")["rules"]]
    assert groups[-2:] == ["route.openshift.io", "networking.k8s.io"]


def test_roles_leave_out_what_the_cluster_does_not_serve(place: Make) -> None:
    site = place("west").site(ingress="none")

    groups = [rule["apiGroups"][0] for rule in site.wait_for(ROLE, "skupper-router")["rules"]]
    assert "route.openshift.io" not in groups


def probes(site: SkupperNamespace, deployment: str) -> dict[str, list[tuple[str, int]]]:
    """Of each container, its probes and their ports."""
    containers = site.wait_for(DEPLOYMENT, deployment)["spec"]["template"]["spec"]["containers"]
    return {
        container["name"]: [
            (key, probe["httpGet"]["port"]) for key, probe in container.items() if key.endswith("Probe")
        ]
        for container in containers
    }


def test_router_and_config_sync_have_readiness_probes(plain: SkupperNamespace) -> None:
    assert probes(plain, "skupper-router") == {
        "router": [("readinessProbe", 9090)],
        "config-sync": [("readinessProbe", 9191)],
    }


def test_the_service_controller_has_every_kind_of_probe(plain: SkupperNamespace) -> None:
    plain.wait_for(DEPLOYMENT, "skupper-service-controller")

    found = dict(probes(plain, "skupper-service-controller")["service-controller"])
    assert found == dict.fromkeys(("startupProbe", "readinessProbe", "livenessProbe"), 8182)


def test_the_router_mounts_its_certificate_for_claims_too(plain: SkupperNamespace) -> None:
    volumes = plain.wait_for(DEPLOYMENT, "skupper-router")["spec"]["template"]["spec"]["volumes"]
    assert {volume["name"]: volume["secret"]["secretName"] for volume in volumes} == {
        "skupper-local-server": "skupper-local-server",
        "skupper-site-server": "skupper-site-server",
        "claims-cert": "skupper-site-server",
    }


def test_the_client_certificate_comes_with_the_way_to_the_router(plain: SkupperNamespace) -> None:
    way = json.loads(decode(plain.wait_for(SECRET, "skupper-local-client"), "connect.json"))
    assert (way["host"], way["tls"]["verify"]) == (
        f"skupper-router-local.{plain.namespace}.svc.cluster.local",
        True,
    )
