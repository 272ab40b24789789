"""``rotate`` and ``cut``: what they refuse, what they show, and how they end."""

import pytest

from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import LINKS, PUBLIC

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


def test_a_cut_says_that_a_copied_token_stays_valid(linked: Fleet) -> None:
    said = " ".join(linked.ask("cut", "--site", SITE, "--dry-run").stderr.split())
    assert "A token that somebody has copied stays valid until the CA of its issuer changes" in said


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
