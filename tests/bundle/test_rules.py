"""Rules over the sound part of a bundle: one broken file hides nothing and invents nothing."""

import json
from pathlib import Path

from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.loading import load
from reconcile.app_interface.bundle.model import locate
from reconcile.app_interface.bundle.rules import sound_part
from reconcile.app_interface.bundle.validation import validate
from reconcile.findings import Finding, Severity
from tests.bundle.sources import edited, from_fixtures, served

NETWORK = "/dependencies/skupper/vault.yml"
GRAFANA = "dependencies/skupper/grafana.yml"
CLUSTER_02 = "openshift/app-sre-stage-02/cluster.yml"
NET_01 = "services/skupper-vault/namespaces/skupper-vault-net.app-sre-stage-01.yml"
NET_02 = "services/skupper-vault/namespaces/skupper-vault-net.app-sre-stage-02.yml"


def fault(datafile: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding("some-rule", "some message", severity, datafile)


def lost(*faults: Finding) -> set[str]:
    bundle = from_fixtures()
    return set(bundle.data) - set(sound_part(bundle, faults).data)


def test_without_faults_all_of_the_bundle_is_sound() -> None:
    assert lost() == set()


def test_a_warning_excludes_nothing() -> None:
    assert lost(fault(NETWORK, Severity.WARNING)) == set()


def test_a_broken_network_takes_its_namespaces_along() -> None:
    assert lost(fault(NETWORK)) == {
        NETWORK,
        f"/{NET_01}",
        f"/{NET_02}",
        "/services/skupper-vault/namespaces/skupper-vault.appsres03ue1.yml",
    }


def test_exclusion_goes_on_through_references_of_references() -> None:
    assert f"/{NET_01}" in lost(fault("/products/app-sre/product.yml"))


def test_a_rule_is_checked_beside_a_broken_file_of_another_network(tmp_path: Path) -> None:
    off = "  config:\n    serviceController: false\n  policies:"
    bundle = edited(tmp_path, (GRAFANA, "5m", "5 minutes"), (NET_02, "  policies:", off))
    assert [each.rule for each in check(bundle)] == ["pattern", "service-controller"]


def test_two_clusters_with_one_server_are_refused_in_both_files(tmp_path: Path) -> None:
    api = "https://api.app-sre-stage-0{}.{}.p1.openshiftapps.com:6443"
    bundle = edited(
        tmp_path,
        (CLUSTER_02, api.format("2", "e9a2"), api.format("", "k3s7").upper().replace("HTTPS", "https")),
    )
    assert [(each.datafile, each.rule, locate(bundle, each)[1]) for each in check(bundle)] == [
        ("/openshift/app-sre-stage-01/cluster.yml", "duplicate-server", 10),
        (f"/{CLUSTER_02}", "duplicate-server", 10),
    ]


def test_a_network_that_lost_a_namespace_is_not_said_to_fall_apart(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (NET_01, "labels: {}", "labels: 1"), (NET_02, "labels: {}", "labels: 1"))
    assert {each.rule for each in check(bundle)} == {"wrong-type"}


def test_a_namespace_that_cannot_even_be_parsed_counts_as_lost(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (NET_01, "labels: {}", "labels: {"), (NET_02, "labels: {}", "labels: {"))
    assert {each.rule for each in check(bundle)} == {"yaml-syntax"}


def test_a_namespace_that_names_no_network_may_have_been_lost_by_any(tmp_path: Path) -> None:
    typo = ("skupper/vault.yml", "skupper/valt.yml")
    bundle = edited(tmp_path, (NET_01, *typo), (NET_02, *typo))
    assert {each.rule for each in check(bundle)} == {"dangling-ref"}


def test_a_network_that_lost_a_namespace_is_still_judged_site_by_site(tmp_path: Path) -> None:
    off = "config:\n  serviceController: false"
    bundle = edited(
        tmp_path, (NET_01, "labels: {}", "labels: 1"), ("dependencies/skupper/vault.yml", "config:", off)
    )
    assert {each.rule for each in check(bundle)} == {"wrong-type", "service-controller"}


def test_types_that_our_queries_do_not_fit_are_a_finding() -> None:
    content = json.loads(from_fixtures().text)
    confs = {conf["name"]: conf for conf in content["graphql"]["confs"]}
    confs["Skupper_v1"]["fields"] = [
        each for each in confs["Skupper_v1"]["fields"] if each["name"] != "topology"
    ]
    (finding,) = check(load(json.dumps(content)))
    assert (finding.rule, finding.datafile) == ("graphql-types", "graphql-schemas/schema.yml")
    assert finding.message.startswith("our query skupper does not fit: Cannot query field 'topology'")


def test_types_without_an_optional_field_are_no_finding() -> None:
    content = json.loads(from_fixtures().text)
    confs = {conf["name"]: conf for conf in content["graphql"]["confs"]}
    confs["Skupper_v1"]["fields"] = [
        each for each in confs["Skupper_v1"]["fields"] if each["name"] != "approvals"
    ]
    assert check(load(json.dumps(content))) == []


def test_a_bundle_without_skupper_has_no_rules_to_break() -> None:
    bundle = served({"/a.yml": {"$schema": "/a-1.yml"}}, [{"name": "Query", "fields": []}])
    assert [each.rule for each in check(bundle)] == [each.rule for each in validate(bundle)]
