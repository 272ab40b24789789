"""What a running router does not notice: it tells connectors apart by name, and reads certificates once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.sandbox.kubernetes.calls import Call
from tests.sandbox.skupper.namespaces import Json, SkupperNamespace
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices(
    "the shapes of all requests of the simulation are replayed to both"
)

Make = Callable[..., SkupperNamespace]


Issuers = tuple[SkupperNamespace, SkupperNamespace]


@pytest.fixture(scope="module")
def issuers(shared: Make) -> Issuers:
    """Two sites that tests only link to."""
    return shared().site(ingress="none"), shared().site(ingress="none")


def token_of(issuer: SkupperNamespace) -> Json:
    """A token ``link-1``, removed where it was made."""
    token = issuer.token("link-1")
    issuer.delete(SECRET, "link-1")
    return token


@pytest.fixture
def repointed(place: Make, issuers: Issuers) -> SkupperNamespace:
    """A dialler whose token ``link-1`` was changed in place from a first issuer to a second."""
    first, second = issuers
    dialler = place().site(ingress="none")
    dialler.dial(first, "link-1")
    dialler.linked(first)
    token = token_of(second)
    metadata = {"annotations": token["metadata"]["annotations"]}
    dialler.patch(SECRET, "link-1", {"metadata": metadata, "data": token["data"]})
    host = f"skupper-router.{second.namespace}"
    until(lambda: (dialler.connector("link-1") or {}).get("host") == host)
    return dialler


def test_a_changed_host_under_the_same_name_does_not_reach_the_running_router(
    repointed: SkupperNamespace, issuers: Issuers
) -> None:
    dialler, (first, second) = repointed, issuers
    dialler.dial(second, "link-2")

    dialler.linked(first, second)


def test_a_restart_of_the_router_takes_the_changed_host_and_certificate(
    repointed: SkupperNamespace, issuers: Issuers
) -> None:
    dialler, (_, second) = repointed, issuers
    dialler.restart("skupper-router")

    dialler.linked(second)


def test_a_router_deployment_made_anew_takes_them_too(repointed: SkupperNamespace, issuers: Issuers) -> None:
    dialler, (_, second) = repointed, issuers
    deployment = dialler.wait_for(DEPLOYMENT, "skupper-router")
    dialler.delete(DEPLOYMENT, "skupper-router")
    kept = {key: deployment["metadata"][key] for key in ("labels", "ownerReferences")}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": deployment["spec"]}
    metadata = {"name": "skupper-router", "namespace": dialler.namespace, **kept}
    dialler.client.create(DEPLOYMENT, {**body, "metadata": metadata})

    dialler.linked(second)


def test_new_certificate_data_under_the_same_name_is_not_used(place: Make, issuers: Issuers) -> None:
    issuer, other = issuers
    dialler, witness = (place().site(ingress="none") for _ in range(2))
    token = token_of(issuer)
    # Delivered without a usable certificate at first: the router stores what there is.
    dialler.take({**token, "data": {"ca.crt": token["data"]["ca.crt"], "tls.crt": "Zm9v", "tls.key": "YmFy"}})
    dialler.dial(other, "link-2")
    dialler.linked(other)
    dialler.patch(SECRET, "link-1", {"data": token["data"]})
    witness.dial(issuer, "link-3")
    witness.linked(issuer)
    dialler.linked(other)

    dialler.restart("skupper-router")
    dialler.linked(issuer, other)


@contextmanager
def busy(site: SkupperNamespace) -> Iterator[None]:
    """While inside, the controllers of the cluster wait for an answer about ``site`` and see nothing else."""
    reached, go_on = threading.Event(), threading.Event()

    async def hold(call: Call) -> None:
        if (call.verb, call.namespace, call.name) == ("get", site.namespace, "skupper-internal"):
            reached.set()
            while not go_on.is_set():
                await asyncio.sleep(0.005)

    site.cluster.faults.before.append(hold)
    site.patch(CONFIG_MAP, "skupper-site", {"data": {"anything": "1"}})
    assert reached.wait(15)
    yield
    site.cluster.faults.before.remove(hold)
    go_on.set()


@pytest.mark.simulation
def test_delete_and_create_in_one_breath_is_no_change_for_the_router(place: Make, issuers: Issuers) -> None:
    first, second = issuers
    dialler, other = (place().site(ingress="none") for _ in range(2))
    dialler.dial(first, "link-1")
    dialler.linked(first)
    token = token_of(second)
    with busy(other):
        dialler.delete(SECRET, "link-1")
        dialler.take(token)
    host = f"skupper-router.{second.namespace}"
    until(lambda: (dialler.connector("link-1") or {}).get("host") == host)
    dialler.dial(second, "link-2")

    dialler.linked(first, second)


def test_delete_and_create_with_a_pause_is_a_change(place: Make, issuers: Issuers) -> None:
    first, second = issuers
    dialler = place().site(ingress="none")
    dialler.dial(first, "link-1")
    dialler.linked(first)
    token = token_of(second)
    dialler.delete(SECRET, "link-1")
    dialler.linked()
    dialler.take(token)

    dialler.linked(second)


def test_a_new_name_is_noticed_at_once(place: Make, issuers: Issuers) -> None:
    first, second = issuers
    dialler = place().site(ingress="none")
    dialler.dial(first, "link-1")
    dialler.linked(first)
    dialler.dial(second, "link-2")
    dialler.linked(first, second)
    dialler.delete(SECRET, "link-1")

    dialler.linked(second)


def test_a_changed_server_certificate_waits_for_a_restart_of_the_router(place: Make) -> None:
    issuer, other, dialler = (place().site(ingress="none") for _ in range(3))
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    stolen = other.wait_for(SECRET, "skupper-site-server")["data"]
    issuer.patch(SECRET, "skupper-site-server", {"data": stolen})
    issuer.dial(other, "link-2")
    issuer.linked(other)
    dialler.linked(issuer)

    issuer.restart("skupper-router")
    dialler.linked()


def test_a_router_whose_secret_is_missing_does_not_start_again(place: Make) -> None:
    issuer, dialler = place().site(ingress="none"), place().site(ingress="none")
    dialler.dial(issuer, "link-1")
    dialler.linked(issuer)
    issuer.delete(SECRET, "skupper-site-server")
    issuer.restart("skupper-router")

    dialler.linked()
