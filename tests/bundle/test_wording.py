"""Messages about values that do not fit their schema."""

from pathlib import Path

import pytest

from reconcile.app_interface.bundle.validation import validate
from reconcile.findings import Finding
from tests.bundle.sources import edited

VAULT = "dependencies/skupper/vault.yml"
CLUSTER = "openshift/app-sre-stage-02/cluster.yml"
END_OF_CLUSTER = "clusterAdminAutomationToken:"


def only(findings: list[Finding]) -> tuple[str, str, str]:
    (finding,) = findings
    return finding.rule, finding.dotted, finding.message


@pytest.mark.parametrize(
    ("value", "rule", "message"),
    [
        ("routers: '2'", "wrong-type", "'2' is not of type integer; leave the quotes out"),
        ("routers: 129", "bounds", "129 is more than 128"),
        ("routers: [1]", "wrong-type", "[1] is not of type integer"),
        ("console: yess", "wrong-type", "'yess' is not of type boolean; write true or false, without quotes"),
        (
            "routerMode: Edge",
            "enum",
            "'Edge' is not one of the allowed values; did you mean 'edge'? Allowed values are: interior, edge",
        ),
        ("consoleUser: ''", "bounds", "'' is shorter than 1"),
        ("routerLoadBalancerIp: 10.0.0.256", "pattern", "'10.0.0.256' is not an IP address"),
        ("ingressHost: apps_domain", "pattern", "'apps_domain' is not a host name"),
        ("annotationSeparator: '='", "pattern", "'=' is not a single character other than ="),
        ("routerPodAnnotations: {a b: c}", "key-pattern", "the key 'a b' is not the key of an annotation"),
        ("routerNodeSelector: {a: -}", "pattern", "'-' is not the value of a label"),
        ("routerNodeSelector: a=b", "wrong-type", "'a=b' is not of type object"),
    ],
)
def test_a_config_value_that_does_not_fit(tmp_path: Path, value: str, rule: str, message: str) -> None:
    found = only(validate(edited(tmp_path, (VAULT, "serviceSync: true", value))))
    assert (found[0], found[2]) == (rule, message)
    assert found[1].startswith(f"config.{value.split(':', maxsplit=1)[0]}")


def test_long_values_are_cut(tmp_path: Path) -> None:
    found = only(validate(edited(tmp_path, (VAULT, "routerCpu: 200m", f"routerCpu: {'x' * 200}"))))
    assert found[2] == f"'{'x' * 76}... is not an amount of CPU such as 200m, 1 or 0.5"


def test_an_unknown_key_that_resembles_no_other_names_those_that_are_allowed(tmp_path: Path) -> None:
    found = only(
        validate(edited(tmp_path, (VAULT, "  version: 1.9.6", "  version: 1.9.6\n  pullPolicy: Always")))
    )
    assert found == (
        "unknown-key",
        "siteController.pullPolicy",
        "unknown key 'pullPolicy'; allowed keys are: image, version",
    )


def test_of_a_choice_the_branch_that_was_meant_is_spoken_of(tmp_path: Path) -> None:
    disable = "disable:\n  $ref: /openshift/none.yml\n\nclusterAdminAutomationToken:"
    found = only(validate(edited(tmp_path, (CLUSTER, END_OF_CLUSTER, disable))))
    assert found == ("dangling-ref", "disable.$ref", "/openshift/none.yml does not exist")


def test_a_wrong_discriminator_is_reported_once(tmp_path: Path) -> None:
    peering = "peering:\n  connections:\n  - {provider: wormhole, name: x}\n\nclusterAdminAutomationToken:"
    found = only(validate(edited(tmp_path, (CLUSTER, END_OF_CLUSTER, peering))))
    assert found[:2] == ("enum", "peering.connections[0].provider")
    assert "allowed values are: account-vpc, account-vpc-mesh" in found[2]


def test_an_approval_of_another_change_names_those_that_can_be_approved(tmp_path: Path) -> None:
    approval = (
        'approvals:\n- {change: demolish, sites: [a/b], until: "2026-12-31", reason: x}\nidentifier: vault'
    )
    found = only(validate(edited(tmp_path, (VAULT, "identifier: vault", approval))))
    assert found[:2] == ("enum", "approvals[0].change")
    assert "allowed value" in found[2]
    assert "remove" in found[2]


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    found = only(
        validate(edited(tmp_path, (VAULT, "serviceSync: true", "prometheusServerPassword: [s3cret]")))
    )
    assert found[2] == "the value is not of type string"


def test_a_reference_without_a_leading_slash_is_helped(tmp_path: Path) -> None:
    path = "services/skupper-vault/namespaces/skupper-vault.appsres03ue1.yml"
    found = only(validate(edited(tmp_path, (path, "$ref: /openshift/apps", "$ref: openshift/apps"))))
    assert found[2] == (
        "openshift/appsres03ue1/cluster.yml does not exist; did you mean /openshift/appsres03ue1/cluster.yml?"
    )


def test_a_reference_in_a_free_place_is_found_though_the_schema_allows_it(tmp_path: Path) -> None:
    found = only(
        validate(edited(tmp_path, (VAULT, "labels: {}", "labels:\n  $ref: /app-interface/settings.yml")))
    )
    assert found[:2] == ("ref-not-allowed", "labels.$ref")
