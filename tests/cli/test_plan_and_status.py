"""``plan`` and ``status`` on a fleet where nothing is, and on one where all is up."""

import json
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import LINKS, SITES


def test_the_plan_names_the_bundle_that_it_was_made_from(untouched: Fleet) -> None:
    server = untouched.sandbox.graphql
    assert server
    with urllib.request.urlopen(server.address.replace("/graphql", "/sha256")) as answer:
        sha = answer.read().decode()
    assert untouched.ask("plan").stdout.splitlines()[0] == f"bundle {sha}"


def test_a_plan_with_changes_is_no_failure(untouched: Fleet) -> None:
    assert untouched.ask("plan").exit_code == 0


def test_the_plan_of_a_new_fleet_makes_every_site(untouched: Fleet) -> None:
    shown = untouched.ask("plan").stdout
    assert shown.count("+ site ") == SITES
    assert f"Plan: 3 policies, 3 grants, {SITES} sites and {LINKS} links to create." in shown


def test_a_plan_lists_objects_on_demand_only(untouched: Fleet) -> None:
    assert "ConfigMap skupper-site" not in untouched.ask("plan").stdout
    assert untouched.ask("plan", "--verbose").stdout.count("ConfigMap skupper-site ") == SITES


def test_a_plan_as_json_is_nothing_but_json(untouched: Fleet) -> None:
    result = untouched.ask("plan", "-o", "json", "--log-level", "DEBUG")
    document = json.loads(result.stdout)
    assert (document["schema"], len(document["links"])) == (2, LINKS)


def test_a_plan_as_json_and_as_text_has_as_many_changes(untouched: Fleet) -> None:
    document = untouched.ask_json("plan")
    shown = untouched.ask("plan").stdout
    made = sum(change["action"] != "delete" for change in document["changes"])
    assert f"Objects: {made} to create, 0 to update, {len(document['changes']) - made} to delete" in shown


def test_a_dry_run_lists_the_changes_of_the_plan(untouched: Fleet) -> None:
    document = untouched.ask_json("plan")
    lines = untouched.ask("run", "--dry-run").stderr.splitlines()
    actions = [line for line in lines if "[INFO] [DRY-RUN] [reporting.py:change:" in line]
    assert len(actions) == len(document["changes"])


def test_a_dry_run_gives_the_reasons_of_the_plan(untouched: Fleet) -> None:
    items = untouched.ask_json("plan")["review"]
    lines = untouched.ask("run", "--dry-run").stderr.splitlines()
    reviewed = [line for line in lines if "[INFO] [DRY-RUN] [reporting.py:review:" in line]
    assert all(any(item["reason"] in line for line in reviewed) for item in items)
    assert f"Plan: 3 policies, 3 grants, {SITES} sites and {LINKS} links to create." in reviewed[-2]


@pytest.mark.parametrize("words", [("plan",), ("status",), ("run", "--dry-run")])
def test_a_command_that_only_looks_writes_nothing(words: tuple[str, ...], untouched: Fleet) -> None:
    untouched.ask(*words)
    assert untouched.writes == 0


def test_a_fleet_without_links_has_a_bad_status(untouched: Fleet) -> None:
    result = untouched.ask("status")
    assert result.exit_code == 1
    assert f"None of {LINKS} declared links is up." in result.stdout


def test_the_status_names_the_next_command(untouched: Fleet) -> None:
    assert untouched.ask("status").stdout.endswith("To see what, run: qontract-skupper plan\n")


def test_after_a_run_the_status_is_good(linked: Fleet) -> None:
    result = linked.ask("status")
    assert result.exit_code == 0
    assert f"All {LINKS} declared links are up" in result.stdout


def test_after_a_run_there_is_nothing_to_plan(linked: Fleet) -> None:
    assert linked.ask("plan").stdout.splitlines()[-2] == "No changes."


def test_after_a_run_another_one_only_sums_up(linked: Fleet) -> None:
    result = linked.ask("run")
    (line,) = result.output.splitlines()
    assert (result.exit_code, "[INFO] [reporting.py:conclude:" in line) == (0, True)
    assert f"{SITES} of {SITES} sites ready, {LINKS} of {LINKS} links up, 0 writes, " in line


@pytest.mark.parametrize(("fleet", "code"), [("untouched", 2), ("linked", 0)])
def test_a_detailed_exit_code_tells_whether_there_are_changes(
    fleet: str, code: int, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(fleet).ask("plan", "--detailed-exitcode").exit_code == code


def test_a_detailed_exit_code_is_1_for_errors_whatever_changes(untouched: Fleet, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(untouched.config.read_text().replace('\ntoken = "', '\ntoken = "not-'))
    assert call("plan", "--detailed-exitcode", config=config).exit_code == 1


@pytest.mark.parametrize("end", ["dialler", "issuer"])
def test_both_ends_of_a_link_report_it(end: str, linked: Fleet) -> None:
    document = linked.ask_json("status")
    (found,) = [
        link
        for link in document["links"]
        if link["dialler"] == "app-sre-stage-02/skupper-vault-net" and link["state"] == "up"
    ]
    assert found["observations"][end]["verdict"] == "up"


def test_the_status_as_json_says_which_links_have_converged(linked: Fleet) -> None:
    document = linked.ask_json("status")
    assert [link["converged"] for link in document["links"]] == [True] * LINKS


def test_the_status_as_json_says_of_every_site_when_its_certificates_expire(linked: Fleet) -> None:
    """Also of edge sites: Skupper copies our labels to all its Secrets, so that they are listed."""
    sites = linked.ask_json("status")["sites"]
    lives = [
        datetime.fromisoformat(site["certificates_expire"]) - datetime.fromisoformat(site["since"])
        for site in sites
    ]
    assert {site["mode"] for site in sites} == {"interior", "edge"}
    assert {round(each / timedelta(days=1)) for each in lives} == {5 * 365}


def test_the_status_of_a_network_shows_its_links(linked: Fleet) -> None:
    result = linked.ask("status", "vault")
    assert (result.exit_code, result.stdout.count(" → ")) == (0, LINKS)


def test_only_what_is_broken_is_nothing_if_all_is_as_declared(linked: Fleet) -> None:
    result = linked.ask("status", "--only-broken")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"All {LINKS} declared links are up")
    assert linked.ask_json("status", "--only-broken")["links"] == []


def test_only_what_is_broken_of_a_new_fleet_is_all_of_it(untouched: Fleet) -> None:
    assert len(untouched.ask_json("status", "vault", "--only-broken")["sites"]) == SITES


def test_each_declared_link_has_a_row(linked: Fleet) -> None:
    document = linked.ask_json("status")
    shown = linked.ask("status").stdout
    assert all(f"{link['dialler']} → {link['issuer']} " in shown for link in document["links"])


def test_requests_are_counted_at_debug(linked: Fleet) -> None:
    reported = linked.ask("run", "--log-level", "DEBUG").stderr
    assert "app-sre-stage-01: " in reported
    assert " requests, 0 of them writes" in reported


def test_an_encoding_without_marks_is_no_reason_to_fail(linked: Fleet) -> None:
    from click.testing import CliRunner

    from reconcile.cli import main

    runner = CliRunner(charset="latin-1", env={"QONTRACT_CONFIG": str(linked.config)})
    result = runner.invoke(main, ["status", "--cluster-name", "app-sre-stage-01"])
    assert (result.exit_code, "?  app-sre-stage-01/" in result.output) == (0, True)
