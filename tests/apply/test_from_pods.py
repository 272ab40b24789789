"""Jobs that dial: created with care, read with suspicion, and deleted whatever happens."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reconcile.apply.cache import ClusterCache
from reconcile.apply.executing import Clusters
from reconcile.apply.from_pods import FromPods
from reconcile.apply.observing import Accounts
from reconcile.kinds import JOB, POD
from reconcile.openshift import errors
from reconcile.skupper.certificates import read
from reconcile.skupper.diagnosis.facts import Address, Dialled, Reach, RouterPod, Untried
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from tests.apply.fakes import Clock, FakeClient, Stop, error
from tests.skupper.fakes import certificate

LINK = Link(SiteKey("a", "net"), SiteKey("b", "net"))
EXPECTED = read(certificate("issuer"))
DIALLED = Dialled(
    Address("b.example.com", 443),
    certificate=EXPECTED,
    router=RouterPod("quay.io/router:1", {}, "deploy/router"),
)
RESOLVED = '{"at": 0, "addresses": ["192.0.2.1"], "connected": true, '


class Node(FakeClient):
    """A cluster that starts the pod of each Job at once, and lets it end as a test tells it."""

    state: dict | None = None
    """Of the container; None: no pod is created."""

    def create(self, kind, body, **options) -> dict:
        made = super().create(kind, body, **options)
        if kind == JOB and self.state is not None:
            status = {"containerStatuses": [{"name": "probe", "state": self.state}]}
            self.put("the-pod", kind=POD, labels=body["metadata"]["labels"], status=status)
        return made


def ended(message: str = "", code: int = 0, **more) -> dict:
    return {"terminated": {"exitCode": code, "message": message, **more}}


def dial(
    client: Node,
    state: dict | None = None,
    *,
    dialled: Dialled = DIALLED,
    stop_after: float = 1e9,
    image: str = "",
) -> Reach | Untried:
    client.state = state
    clock = Clock()
    pods = FromPods(image, stop=Stop(clock, stop_after), clock=clock)
    clusters = Clusters({"a": Accounts(client)}, {"a": ClusterCache()})  # type: ignore[arg-type]
    (found,) = pods.dial({LINK: dialled}, clusters, Ownership("test")).values()
    return found


def untried(client: Node, state: dict | None = None, **more) -> Untried:
    found = dial(client, state, **more)
    assert isinstance(found, Untried)
    return found


def test_a_certificate_as_expected_is_the_issuers() -> None:
    found = dial(Node(), ended(RESOLVED + f'"sha256": "{EXPECTED.fingerprint}"}}\n'))
    assert found == Reach(("192.0.2.1",), connected=True, presented=EXPECTED, origin=LINK.dialler)


STATES: dict[str, dict | None] = {
    "answers": ended(RESOLVED + '"no_handshake": "wrong version number"}'),
    "fails": ended(code=1),
    "waits": {"waiting": {"reason": "ImagePullBackOff"}},
    "is never created": None,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_the_job_is_deleted_whatever_its_pod_does(state: dict | None) -> None:
    client = Node()
    dial(client, state)
    assert [verb for verb, _, name in client.asked if verb in {"create", "delete"}] == ["create", "delete"]
    assert client.names(JOB) == set()


@pytest.mark.parametrize("failure", [errors.Forbidden, errors.Unreachable, errors.Throttled])
def test_the_job_is_deleted_if_its_pod_cannot_be_seen(failure: type[errors.ClusterError]) -> None:
    client = Node()
    client.fail("list", error(failure))
    assert untried(client, ended()).reason.endswith(str(error(failure)))
    assert client.names(JOB) == set()


def test_a_command_that_is_stopped_deletes_the_job_at_once() -> None:
    client = Node()
    assert untried(client, {"running": {}}, stop_after=1.5).reason == "the command was stopped"
    assert (client.times("list"), client.names(JOB)) == (4, set())


def test_no_job_is_created_once_the_command_is_stopped() -> None:
    client = Node()
    untried(client, stop_after=0)
    assert client.asked == []


def test_a_job_whose_creation_was_not_answered_is_deleted() -> None:
    client = Node()
    client.fail("create", error(errors.Unreachable))
    untried(client)
    assert client.times("delete") == 1


def test_a_job_that_is_there_already_is_the_first_attempt_of_ours() -> None:
    client = Node()
    client.fail("create", error(errors.AlreadyExists))
    assert untried(client).reason.startswith("the pod did not start")
    assert client.times("delete") == 1


LATE: dict[str, tuple[dict | None, str]] = {
    "no pod": (None, "the pod did not start: none was created for Job"),
    "waiting": (
        {"waiting": {"reason": "ErrImagePull", "message": "no\nsuch image"}},
        "the pod did not start within 60 s: ErrImagePull: no such image",
    ),
    "running": ({"running": {}}, "the pod did not end within 60 s"),
}


@pytest.mark.parametrize(("state", "reason"), LATE.values(), ids=LATE)
def test_after_its_time_a_pod_is_unknown_with_its_state_and_its_events(
    state: dict | None, reason: str
) -> None:
    found = untried(Node(), state)
    assert found.reason.startswith(reason)
    assert found.arguments.startswith("get events --field-selector involvedObject.name=")


def test_a_missing_right_is_named_with_the_file_that_grants_it() -> None:
    client = Node()
    client.fail(
        "create", error(errors.Forbidden, hint="the account needs create on jobs.batch in namespace net")
    )
    found = untried(client)
    assert "the account needs create on jobs.batch in namespace net" in found.reason
    assert found.arguments == "apply -f deploy/rbac/diagnose-from-pod.yaml"


def test_a_refusal_that_no_right_mends_names_no_file() -> None:
    client = Node()
    client.fail("create", error(errors.Forbidden, hint="raise it"))
    assert untried(client).arguments == ""


def test_a_job_that_cannot_be_deleted_is_told() -> None:
    client = Node()
    client.fail("delete", error(errors.Forbidden))
    found = dial(client, ended(RESOLVED + "}"))
    (job,) = client.names(JOB)
    assert found.leftover
    assert found.leftover.startswith(f"Job {job} is left for Kubernetes to delete: a: cannot list")


def test_a_pod_that_fails_names_the_image_and_the_option() -> None:
    found = untried(Node(), ended(code=128, reason="StartError"), image="quay.io/other:2")
    assert found.reason == "the pod failed: StartError"
    assert "python3 of the image quay.io/other:2" in found.hint
    assert "--image" in found.hint


def test_without_a_router_no_job_is_created() -> None:
    client = Node()
    found = untried(client, dialled=replace(DIALLED, router=RouterPod()))
    assert (found.reason, client.asked) == ("there is no router whose image a pod could run", [])


def test_links_of_one_dialler_share_a_job() -> None:
    client = Node()
    client.state = ended()
    other = Link(LINK.dialler, SiteKey("c", "net"))
    dialled = {LINK: DIALLED, other: replace(DIALLED, address=Address("c.example.com", 443))}
    clusters = Clusters({"a": Accounts(client)}, {"a": ClusterCache()})  # type: ignore[arg-type]
    assert FromPods().dial(dialled, clusters, Ownership("test")).keys() == dialled.keys()
    assert client.times("create") == 1


def test_a_pod_that_is_gone_again_is_reported_as_it_was_last_seen() -> None:
    client = Node()
    client.before("list", lambda: None)
    client.before("list", lambda: client.drop("the-pod", kind=POD))
    assert untried(client, {"waiting": {"reason": "ErrImagePull"}}).reason.endswith("ErrImagePull")


def test_several_diallers_dial_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    clients = {name: Node(cluster=name) for name in "ac"}
    for client in clients.values():
        client.state = ended()
        client.before("list", both.wait)
    clusters = Clusters(
        {name: Accounts(client) for name, client in clients.items()},  # type: ignore[arg-type]
        {name: ClusterCache() for name in clients},
    )
    dialled = {Link(SiteKey(name, "net"), LINK.issuer): DIALLED for name in clients}
    assert FromPods().dial(dialled, clusters, Ownership("test")).keys() == dialled.keys()


def test_what_may_be_written_is_announced_and_ended() -> None:
    seen: list[str] = []

    @contextmanager
    def writing() -> Iterator[None]:
        seen.append("begin")
        yield
        seen.append("end")

    client = Node()
    client.before("create", lambda: seen.append("create"))
    client.state = ended()
    clusters = Clusters({"a": Accounts(client)}, {"a": ClusterCache()})  # type: ignore[arg-type]
    FromPods(writing=writing).dial({LINK: DIALLED}, clusters, Ownership("test"))
    assert seen == ["begin", "create", "end"]
