"""``rotate``, ``cut`` and ``revoke``: what they refuse, what they show, and how they end."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from reconcile.sandbox.embedded import Sandbox, Source
from tests.bundle.sources import SCHEMAS
from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import LINKS, PUBLIC, vault_alone
from tests.clusters.backends import Backend

CLUSTER = min(PUBLIC)
SITE = f"{CLUSTER}/skupper-vault-net"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rotate"], "Write --network NETWORK, --site CLUSTER/NAMESPACE or --all"),
        (["rotate", "--network", "vualt"], "the data has no network 'vualt'. Did you mean 'vault'?"),
        (["rotate", "--site", SITE[:-1]], f"the data declares no site {SITE[:-1]}. Did you mean '{SITE}'?"),
        (["cut", "--site", SITE[:-1]], f"the data declares no site {SITE[:-1]}. Did you mean '{SITE}'?"),
        (["cut"], "Missing option '--site'"),
    ],
)
def test_a_name_that_the_data_does_not_have_is_a_wrong_command_line(
    words: list[str], told: str, linked: Fleet
) -> None:
    result = linked.ask(*words)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_a_dry_run_of_a_rotation_requests_each_token_again_and_writes_nothing(linked: Fleet) -> None:
    before = linked.writes
    result = linked.ask("rotate", "--network", "vault", "--dry-run")
    assert result.exit_code == 0
    assert result.stderr.count("['create', ") == 2 * LINKS
    assert linked.writes == before


def test_a_dry_run_of_a_cut_deletes_the_tokens_of_the_site_and_writes_nothing(linked: Fleet) -> None:
    before = linked.writes
    result = linked.ask("cut", "--site", SITE, "--dry-run")
    assert result.exit_code == 0
    assert "['patch', " in result.stderr
    assert "['delete', " in result.stderr
    assert "['apply', " not in result.stderr
    assert linked.writes == before


@pytest.mark.exhaustive("tests/end_to_end/test_orders.py has the same without the command line")
def test_a_cut_lasts_until_it_is_ended(sandbox) -> None:
    assert call("run", "--log-level", "ERROR", config=sandbox.config).exit_code == 0
    cut = call("cut", "--site", SITE, "--by", "alice,  incident 7", config=sandbox.config)
    assert cut.exit_code == 0, cut.stderr
    assert call("run", "--log-level", "ERROR", config=sandbox.config).exit_code == 0
    status = call("status", config=sandbox.config)
    assert status.exit_code == 0
    assert f"{SITE} is cut off since " in status.stdout
    assert "by alice, incident 7" in status.stdout
    assert f"qontract-skupper cut --site {SITE} --end" in status.stdout
    assert call("cut", "--site", SITE, "--end", config=sandbox.config).exit_code == 0
    assert "is cut off" not in call("status", config=sandbox.config).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [((), "at a terminal, add --yes"), (("--yes",), "--yes counts at a terminal only")],
)
def test_without_approval_or_a_terminal_nothing_is_revoked(
    words: tuple[str, ...], told: str, linked: Fleet
) -> None:
    before = linked.writes
    result = linked.ask("revoke", "--site", SITE, *words)
    assert result.exit_code == 1
    assert f"the data does not approve a new CA of {SITE}" in result.stderr
    assert told in result.stderr
    assert linked.writes == before


def test_a_dry_run_of_a_revocation_says_what_it_interrupts(linked: Fleet) -> None:
    before = linked.writes
    result = linked.ask("revoke", "--site", SITE, "--dry-run")
    assert result.exit_code == 0
    assert "'Secret', 'skupper-site-ca']" in result.stderr
    assert "its router restarts once its diallers have new ones" in result.stderr
    assert linked.writes == before


@pytest.mark.exhaustive(
    "tests/end_to_end/test_revoking.py has the run, the test above the approval that is missing"
)
def test_an_approval_in_the_data_allows_it(tmp_path: Path, backend: Backend) -> None:
    data = vault_alone(tmp_path)
    network = data / "data" / "dependencies" / "skupper" / "vault.yml"
    approval = {"change": "revoke", "sites": [SITE], "until": str(tomorrow()), "reason": "a token was lost"}
    network.write_text(yaml.safe_dump({**yaml.safe_load(network.read_text()), "approvals": [approval]}))
    with Sandbox(Source(data, SCHEMAS), tmp_path / "sandbox", make=backend.clusters) as sandbox:
        assert call("run", "--log-level", "ERROR", config=sandbox.config).exit_code == 0
        result = call("revoke", "--site", SITE, config=sandbox.config)
        assert result.exit_code == 0, result.stderr
        assert call("status", config=sandbox.config).exit_code == 0


def tomorrow() -> date:
    return datetime.now(UTC).date() + timedelta(days=1)
