"""Whatever a run refuses because of the data alone, ``bundle`` finds before the merge.

Each refusal is tried with both: ``bundle`` names its rule, and a dry run over the same data, from a GraphQL server,
refuses it too. A dry run here has no cluster: its configuration holds no secret, so it says that of each.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.model import Bundle
from reconcile.findings import Severity
from reconcile.sandbox.app_interface.server import Server
from tests.bundle.sources import (
    COMMIT,
    FIXTURES,
    INVALID,
    SCHEMAS,
    TIMESTAMP,
    build,
    edited,
    from_fixtures,
    overlaid,
)
from tests.cli.calling import call

CLUSTER = "openshift/app-sre-stage-02/cluster.yml"
SERVER = "https://api.app-sre-stage-02.e9a2.p1.openshiftapps.com:6443"
TOKEN = "automationToken:\n  path: app-sre/creds/kube-configs/app-sre-stage-02\n  field: token\n"
INTEGRATION = "integrations/qontract-skupper.yml"
SETTINGS = "app-interface/settings.yml"
NETWORK = "dependencies/skupper/vault.yml"


class Refusal(NamedTuple):
    """A change of the data that a run refuses."""

    edits: tuple[tuple[str, str, str], ...]
    rule: str
    """Rule of the finding of ``bundle``."""
    text: str
    """Part of what the run says."""
    code: int = 1


def edit(path: str, old: str, new: str) -> tuple[tuple[str, str, str], ...]:
    return ((path, old, new),)


REFUSALS = {
    "integration-of-another-name": Refusal(
        edit(INTEGRATION, "name: qontract-skupper", "name: another"),
        "integration",
        "app-interface has no integration-1 datafile for qontract-skupper",
        4,
    ),
    "schema-not-declared": Refusal(
        edit(INTEGRATION, "- /dependencies/skupper-policy-1.yml\n", ""),
        "undeclared-schemas",
        "does not declare: /dependencies/skupper-policy-1.yml",
        5,
    ),
    "no-server-url": Refusal(
        edit(CLUSTER, f"serverUrl: {SERVER}", "serverUrl: ''"),
        "server-url",
        "cluster app-sre-stage-02 has no serverUrl yet",
    ),
    "no-token": Refusal(
        edit(CLUSTER, TOKEN, ""),
        "no-token",
        "cluster app-sre-stage-02 has neither automationToken nor an active one",
    ),
    "two-clusters-with-one-server": Refusal(
        edit(CLUSTER, SERVER, "https://api.app-sre-stage-0.k3s7.p1.openshiftapps.com:6443"),
        "duplicate-server",
        "[duplicate-server]",
    ),
    "two-names-for-one-network": Refusal(
        edit("dependencies/skupper/grafana.yml", "identifier: grafana", "identifier: vault"),
        "duplicate-identifier",
        "[duplicate-identifier]",
    ),
    "version-of-another-engine": Refusal(
        edit(NETWORK, "version: 1.9.6", "version: 2.0.0"), "pattern", "[unsupported-version]"
    ),
    "site-without-a-service-controller": Refusal(
        edit(NETWORK, "config:\n", "config:\n  serviceController: false\n"),
        "service-controller",
        "[service-controller]",
    ),
}


def rules(bundle: Bundle) -> set[str]:
    return {finding.rule for finding in check(bundle) if finding.severity is Severity.ERROR}


def dry_run(bundle: Bundle, folder: Path) -> tuple[int, str]:
    """Exit code and log lines of a dry run that reads this bundle and has no secrets."""
    with Server(bundle) as server:
        config = folder / "config.toml"
        config.write_text(f'[graphql]\nserver = "{server.address}"\n\n[skupper]\ninstance = "test"\n')
        result = call("run", "--dry-run", config=config)
    return result.exit_code, result.output


@pytest.mark.parametrize("name", REFUSALS)
def test_bundle_finds_what_a_run_refuses(name: str, tmp_path: Path) -> None:
    refusal = REFUSALS[name]
    assert refusal.rule in rules(edited(tmp_path, *refusal.edits))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_run_refuses_it(name: str, tmp_path: Path) -> None:
    refusal = REFUSALS[name]
    code, output = dry_run(edited(tmp_path, *refusal.edits), tmp_path)
    assert refusal.text in output
    assert code == refusal.code


def test_a_run_over_sound_data_says_none_of_it(tmp_path: Path) -> None:
    _, output = dry_run(from_fixtures(), tmp_path)
    assert [name for name, refusal in REFUSALS.items() if refusal.text in output] == []


def without(folder: Path, path: str) -> Bundle:
    """The data without one file."""
    overlay = folder / "overlay"
    overlay.mkdir()
    overlaid(folder, overlay)
    (folder / "data" / path).unlink()
    return build(folder / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def with_another(folder: Path, path: str, copy: str) -> Bundle:
    """The data with a second copy of a file."""
    overlay = folder / "overlay"
    overlay.mkdir()
    overlaid(folder, overlay)
    (folder / "data" / copy).write_text((folder / "data" / path).read_text())
    return build(folder / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda folder: without(folder, SETTINGS), 0),
        (lambda folder: with_another(folder, SETTINGS, "app-interface/more-settings.yml"), 2),
    ],
)
def test_settings_that_are_not_exactly_one_file_are_refused_by_both(
    make: Callable[[Path], Bundle], count: int, tmp_path: Path
) -> None:
    bundle = make(tmp_path)
    assert "settings" in rules(bundle)
    code, output = dry_run(bundle, tmp_path)
    assert (code, f"the data has {count} files of schema" in output) == (1, True)


def test_no_datafile_of_the_integration_is_refused_by_both(tmp_path: Path) -> None:
    bundle = without(tmp_path, INTEGRATION)
    assert "integration" in rules(bundle)
    assert dry_run(bundle, tmp_path)[0] == 4


@pytest.mark.parametrize(
    "url", ["http://api.example.com", "api.example.com:6443", "https://me:word@example.com"]
)
def test_an_address_that_no_run_can_use_is_found(url: str, tmp_path: Path) -> None:
    assert rules(edited(tmp_path, (CLUSTER, SERVER, url))) & {"server-url", "pattern"}


def test_a_cluster_that_disables_the_integration_needs_neither_address_nor_token(tmp_path: Path) -> None:
    off = "disable:\n  integrations:\n  - qontract-skupper\n"
    bundle = edited(tmp_path, (CLUSTER, f"serverUrl: {SERVER}", "serverUrl: ''"), (CLUSTER, TOKEN, off))
    assert rules(bundle) == set()


def test_a_part_of_the_data_without_sites_needs_no_settings() -> None:
    part = build(INVALID / "bad-quantity" / "data", FIXTURES / "resources", SCHEMAS, COMMIT, TIMESTAMP)
    assert rules(part) == {"pattern"}


def test_what_a_broken_file_may_be_is_not_called_missing(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (INTEGRATION, "labels: {}", "labels: {"))
    assert rules(bundle) == {"yaml-syntax"}
