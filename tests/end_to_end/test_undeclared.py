"""What others add to a network is named and stays as it is; labels that ours have lost come back."""

from dataclasses import dataclass, replace

import pytest

from reconcile.kinds import CONFIG_MAP, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import OURS, Harness, RunResult, harness, three_clusters
from tests.waiting import until

TYPE = "skupper.io/type"
NONE = dict.fromkeys(OURS.labels)
COPIED = ("inter-router-host", "inter-router-port", "edge-host", "edge-port", "skupper.io/generated-by")


def tokens(fleet: Harness, cluster: str) -> list[dict]:
    found = fleet[cluster].objects(SECRET, namespace="net")
    return [
        secret for secret in found if secret["metadata"].get("labels", {}).get(TYPE) == "connection-token"
    ]


def copy(fleet: Harness, source: str, target: str) -> None:
    """Copy a delivered token to another site, as a person does."""
    (token,) = tokens(fleet, source)
    annotations = {key: token["metadata"]["annotations"][key] for key in COPIED}
    metadata = {
        "name": "copy",
        "namespace": "net",
        "labels": {TYPE: "connection-token"},
        "annotations": annotations,
    }
    fleet[target].load({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": token["data"]})


def seen(fleet: Harness, cluster: str, *others: str) -> bool:
    """Whether the router of a cluster reports its links with the sites of others; it lists these sites earlier."""
    text = fleet[cluster].find(CONFIG_MAP, "skupper-network-status", "net")["data"]["NetworkStatus"]
    return all(f'"name":"{other}-net-skupper-router' in text for other in others)


@dataclass(frozen=True)
class Joined:
    """Runs over two networks, a with b, and c, of which c got a copy of the token of b."""

    first: RunResult
    run: RunResult
    dry: RunResult
    after: list[str]
    """Names of the tokens that c has afterwards."""
    without_c: RunResult
    """A dry run once the network of c is out of the data, and c is no cluster of ours any more."""


@pytest.fixture(scope="module")
def joined(backend: Backend) -> Joined:
    with harness(backend, ["a", "b", "c"]) as fleet:
        own, other = fleet.network.sites[:2], fleet.network.sites[2:]
        beside = replace(fleet.network, identifier="other", sites=other)
        fleet.change(sites=own)
        fleet.others = (beside,)
        first = fleet.run()
        copy(fleet, "b", "c")
        until(lambda: seen(fleet, "a", "b", "c"))
        run, dry = fleet.run(), fleet.run(dry_run=True)
        after = [token["metadata"]["name"] for token in tokens(fleet, "c")]
        fleet.others = ()
        fleet.known = ("a", "b")
        return Joined(first, run, dry, after, fleet.run(dry_run=True))


def test_two_networks_beside_each_other_have_nothing_to_name(joined: Joined):
    assert joined.first.errors == {}


def test_a_copied_token_is_named(joined: Joined):
    message = joined.run.errors["undeclared-token"]
    assert message.startswith("Secret copy in c/net makes a link that is not declared")
    assert "issued by a/net" in message


def test_networks_that_are_joined_are_named_with_the_token(joined: Joined):
    message = joined.run.errors["joined-networks"]
    assert message.startswith("networks n and other are joined")
    assert message.endswith("link c/net -> a/net by Secret copy")


def test_a_dry_run_names_the_same(joined: Joined):
    assert joined.dry.errors.keys() == {"undeclared-token", "joined-networks"}


def test_a_copied_token_is_not_deleted(joined: Joined):
    assert (joined.after, joined.run.writes) == (["copy"], 0)


def test_a_member_on_a_cluster_that_left_the_data_is_named(joined: Joined):
    message = joined.without_c.errors["unknown-member"]
    assert message.startswith("network n has a member that is not in the data: site c-net, id ")
    assert "seen by a/net, b/net" in message


def test_an_edge_site_that_a_run_removes_is_no_unknown_member(backend: Backend):
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        fleet.drop_site("p")
        assert fleet.run().errors == {}
        assert fleet.run(dry_run=True).errors == {}


def test_a_link_of_others_in_the_opposite_direction_is_named_and_not_waited_for(backend: Backend):
    with harness(backend, ["a", "b", "c"]) as fleet:
        sites = fleet.network.sites
        # First c dials b; the copy of its token makes a dial b. Then b is to dial a.
        fleet.change(sites=sites[1:])
        fleet.others = (replace(fleet.network, identifier="other", sites=sites[:1]),)
        assert fleet.run().all_up
        copy(fleet, "c", "a")
        until(lambda: seen(fleet, "b", "a"))
        fleet.others = ()
        fleet.change(sites=sites[:2])
        run = fleet.run(wait=20, pace=5)
        (link,) = run.outcome.plan.links
        assert (str(link.link), link.state) == ("b/net -> a/net", LinkState.DOWN)
        assert link.reason.startswith("Secret copy in a/net is not ours and links the two the other way")
        fleet["a"].remove(SECRET, "copy", "net")
        assert fleet.run().all_up


@dataclass(frozen=True)
class Stripped:
    """A run over a linked fleet in which objects of b have lost all labels that say whose they are."""

    run: RunResult
    labels: dict[str, dict[str, str]]
    """Kind -> labels afterwards."""
    uids: tuple[str, str]
    """Of the token, before and after."""
    next: RunResult


@pytest.fixture(scope="module")
def stripped(backend: Backend) -> Stripped:
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        (before,) = tokens(fleet, "b")
        names = (
            (CONFIG_MAP, "skupper-site"),
            (SERVICE_ACCOUNT, "skupper-site-controller"),
            (SECRET, before["metadata"]["name"]),
        )
        with fleet.client("b") as client:
            for kind, name in names:
                client.patch(kind, name, "net", {"metadata": {"labels": NONE}})
        run = fleet.run()
        (after,) = tokens(fleet, "b")
        labels = {kind.name: fleet["b"].find(kind, name, "net")["metadata"]["labels"] for kind, name in names}
        uids = (before["metadata"]["uid"], after["metadata"]["uid"])
        return Stripped(run, labels, uids, fleet.run())


def test_objects_without_labels_are_not_taken_for_those_of_others(stripped: Stripped):
    assert (stripped.run.errors, stripped.run.states["b/net -> a/net"]) == ({}, LinkState.UP)


@pytest.mark.parametrize("kind", ["ConfigMap", "ServiceAccount", "Secret"])
def test_lost_labels_come_back(stripped: Stripped, kind: str):
    assert OURS.covers(stripped.labels[kind])


def test_a_token_that_lost_its_labels_stays(stripped: Stripped):
    assert stripped.uids[0] == stripped.uids[1]


def test_after_that_nothing_is_to_do(stripped: Stripped):
    assert (stripped.next.writes, stripped.next.errors) == (0, {})
