"""What is in a network and not in the data is named; what our own plan removes is not."""

from dataclasses import replace

from reconcile.findings import Severity
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.live import ObjectKey
from reconcile.skupper.plan import LinkState, Plan
from tests.skupper.fakes import plan
from tests.skupper.reported import ReportedFleet, copied_token, key

RULES = {"unknown-member", "unknown-gateway", "joined-networks", "undeclared-token"}
APART = {"a": "n", "b": "n", "c": "m", "d": "m"}


def named(found: Plan) -> dict[str, str]:
    """Rule -> message; these are all errors."""
    assert all(f.severity is Severity.ERROR for f in found.findings if f.rule in RULES)
    return {finding.rule: finding.message for finding in found.findings if finding.rule in RULES}


def test_a_network_of_declared_members_has_nothing_to_name():
    assert named(plan(ReportedFleet(links=frozenset({("b", "a"), ("c", "a")})).build().inputs())) == {}


def test_a_member_that_the_data_does_not_have_is_named_with_who_sees_it():
    found = named(plan(ReportedFleet(links=frozenset({("b", "a"), ("x", "a")})).build().inputs()))
    assert list(found) == ["unknown-member"]
    assert (
        "site x-net, id x, namespace net, since 2023-11-14 22:13 UTC, seen by a/net, b/net"
        in (found["unknown-member"])
    )


def test_a_member_behind_another_unknown_one_is_named_too():
    found = plan(ReportedFleet(links=frozenset({("x", "a"), ("y", "x")})).build().inputs())
    members = [finding.message for finding in found.findings if finding.rule == "unknown-member"]
    assert ["id x" in message for message in members] == [True, False]
    assert ["id y" in message for message in members] == [False, True]


def test_a_gateway_is_named_as_one():
    fleet = ReportedFleet(links=frozenset({("x", "a")}), edges=frozenset("x")).build()
    status = fleet.fakes["a"].bodies
    for document in status.values():
        text = document.get("data", {}).get("NetworkStatus", "")
        if text:
            gateway = text.replace('"identity": "x"', '"identity": "gateway_pc_1"')
            document["data"]["NetworkStatus"] = gateway.replace(
                '"nameSpace": "net"', '"nameSpace": "gateway-pc"'
            )
    found = named(plan(fleet.inputs()))
    assert list(found) == ["unknown-gateway"]
    assert "id gateway_pc_1, namespace gateway-pc, mode edge" in found["unknown-gateway"]


def test_a_site_that_is_removed_is_not_named():
    fleet = ReportedFleet(links=frozenset({("b", "a")}), networks={"a": "n"}, edges=frozenset("b")).build()
    assert named(plan(fleet.inputs())) == {}


def removed(name: str = "b-net") -> ReportedFleet:
    """The edge site b is gone and out of the data; a still lists it, under this name."""
    fleet = ReportedFleet(links=frozenset({("b", "a")}), networks={"a": "n"}, edges=frozenset("b")).build()
    fleet.fakes["b"].bodies.clear()
    status = fleet.fakes["a"].bodies[CONFIG_MAP, "net", "skupper-network-status"]["data"]
    status["NetworkStatus"] = status["NetworkStatus"].replace("b-net", name)
    return fleet


def test_an_edge_site_that_was_removed_and_is_still_listed_is_a_warning():
    found = plan(removed().inputs())
    (warning,) = [finding for finding in found.findings if finding.rule == "leaving-member"]
    assert (warning.severity, named(found)) == (Severity.WARNING, {})
    assert "which is not in the data: b/net has no site any more" in warning.message


def test_a_member_on_a_cluster_that_was_not_read_is_a_warning():
    fleet = ReportedFleet(links=frozenset({("b", "a")}), networks={"a": "n"}, unread=frozenset("b")).build()
    found = plan(fleet.inputs())
    (warning,) = [finding for finding in found.findings if finding.rule == "leaving-member"]
    assert (warning.severity, named(found)) == (Severity.WARNING, {})
    assert "b/net was not read" in warning.message


def test_an_edge_site_of_another_name_is_named():
    assert list(named(plan(removed("b-other").inputs()))) == ["unknown-member"]


def test_an_edge_site_that_was_deleted_during_this_run_is_not_named():
    inputs = removed("b-other").inputs()
    gone = {"b": ObjectKey(CONFIG_MAP, "net", "skupper-site")}
    snapshots = {**inputs.snapshots, "b": replace(inputs.snapshots["b"], gone=gone)}
    found = plan(replace(inputs, snapshots=snapshots))
    assert not {"leaving-member", "unknown-member"} & {finding.rule for finding in found.findings}


def test_two_declared_networks_that_are_joined_are_named_with_the_link():
    fleet = ReportedFleet(links=frozenset({("c", "a"), ("b", "a")}), networks=APART).build()
    found = named(plan(fleet.inputs()))
    assert found["joined-networks"].startswith("networks m and n are joined")
    assert found["joined-networks"].endswith("Not declared: link c/net -> a/net")


def test_networks_that_an_unknown_member_joins_are_named():
    fleet = ReportedFleet(links=frozenset({("c", "x"), ("a", "x")}), networks=APART).build()
    found = named(plan(fleet.inputs()))
    assert "link a/net -> the site with id x, link c/net -> the site with id x" in found["joined-networks"]


def test_networks_that_a_token_of_others_joins_are_named_with_the_token():
    fleet = ReportedFleet(
        links=frozenset({("b", "a")}), tokens=frozenset({("c", "a")}), networks=APART
    ).build()
    found = named(plan(fleet.inputs()))
    assert "link c/net -> a/net by Secret to-a" in found["joined-networks"]


def test_networks_that_are_joined_by_a_token_of_ours_are_not_named_since_the_plan_removes_it():
    fleet = ReportedFleet(links=frozenset({("c", "a")}), networks=APART).build()
    fleet.fakes["c"].add_link_secret("net", link_name("c", "a"), "c/net", "a/net", issued_by="a")
    assert named(plan(fleet.inputs())) == {}


def link_name(dialler: str, issuer: str) -> str:
    from reconcile.skupper.topology import Link
    from reconcile.skupper.v1 import fingerprint

    return f"{fingerprint.stem(Link(key(dialler), key(issuer)))}-00000000"


def test_a_token_of_others_is_named_with_host_issuer_age_and_field_manager():
    fleet = ReportedFleet().build()
    secret = copied_token("net", "copy", "a", **{"inter-router-host": "a.example.com"})
    secret["metadata"]["managedFields"] = [
        {"manager": "vault-sync", "operation": "Update", "time": "2026-03-01T11:00:00Z"},
        {"manager": "kubectl", "operation": "Update", "time": "2026-02-01T11:00:00Z"},
    ]
    fleet.fakes["b"].add(SECRET, secret)
    assert named(plan(fleet.inputs())) == {
        "undeclared-token": (
            "Secret copy in b/net makes a link that is not declared: to a.example.com, issued by a/net, since "
            "2026-03-01 11:59 UTC, written by kubectl, vault-sync. To remove the link, on cluster b run: oc -n net "
            "delete secret copy"
        )
    }


def test_a_claim_of_others_is_named():
    fleet = ReportedFleet().build()
    claim = copied_token("net", "claim", "", "token-claim", **{"skupper.io/url": "https://there:8081/x"})
    fleet.fakes["b"].add(SECRET, claim)
    assert "to https://there:8081/x" in named(plan(fleet.inputs()))["undeclared-token"]


def claim_for_an_issuer(**config) -> str:
    """What is said about a claim in b that a has made."""
    fleet = ReportedFleet().build()
    claim = copied_token("net", "claim", "a", "token-claim", **{"skupper.io/url": "https://a:8081/x"})
    fleet.fakes["b"].add(SECRET, claim)
    inputs = fleet.inputs()
    (network,) = inputs.desired.networks
    sites = tuple(
        replace(site, config={**site.config, **config}) if site.key == key("a") else site
        for site in network.sites
    )
    desired = replace(inputs.desired, networks=(replace(network, sites=sites),))
    return named(plan(replace(inputs, desired=desired)))["undeclared-token"]


def test_a_claim_that_the_network_policy_of_its_issuer_shuts_out_says_so():
    shut_out = "issued by a/net, whose createNetworkPolicy shuts out port 8081"
    assert shut_out in claim_for_an_issuer(createNetworkPolicy=True)
    assert shut_out not in claim_for_an_issuer()


def test_a_token_of_others_is_not_deleted():
    fleet = ReportedFleet(tokens=frozenset({("b", "a")})).build()
    assert not [change for change in plan(fleet.inputs()).changes if change.name == "to-a"]


def test_a_copy_of_a_token_of_ours_with_its_labels_is_named_once():
    fleet = ReportedFleet().build()
    fleet.fakes["b"].add_link_secret("net", "copy", "b/net", "a/net", issued_by="a")
    found = plan(fleet.inputs())
    assert list(named(found)) == ["undeclared-token"]
    assert not [finding for finding in found.findings if finding.rule == "unusable-object"]


def test_a_declared_link_is_not_waited_for_behind_one_of_others_in_the_opposite_direction():
    fleet = ReportedFleet(
        links=frozenset({("a", "b")}), tokens=frozenset({("a", "b")}), networks={"a": "n", "b": "n"}
    ).build()
    before = next(link for link in plan(fleet.inputs()).links)
    fleet.fakes["b"].add_link_secret("net", before.credential, "b/net", "a/net", issued_by="a")
    (link,) = plan(fleet.inputs()).links
    assert link.state is LinkState.DOWN
    assert link.reason == (
        "Secret to-b in a/net is not ours and links the two the other way; on cluster a run: oc -n net delete secret "
        "to-b"
    )
