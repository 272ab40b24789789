"""From the command line to a session: what is wrong with configuration, server and data is said in one line."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconcile.sandbox.app_interface.server import Server
from tests.bundle.sources import edited, from_fixtures
from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.processes import PATIENCE, start
from tests.openshift.loopback import closed_port, serving

INTEGRATION = "integrations/qontract-skupper.yml"


def configured(folder: Path, server: str, instance: str = 'instance = "test"') -> Path:
    """A configuration file."""
    file = folder / "config.toml"
    file.write_text(f'[graphql]\nserver = "{server}"\n\n[skupper]\n{instance}\n')
    return file


@pytest.fixture(scope="module", autouse=True)
def without_a_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """A command whose server is down; it is begun early, since it tries for some seconds."""
    config = configured(tmp_path_factory.mktemp("down"), f"http://127.0.0.1:{closed_port()}/graphql")
    with start("plan", config=config) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("name", ["run", "plan", "status"])
def test_a_configuration_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    result = call(name, config=tmp_path / "none.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        f"Error: {tmp_path}/none.toml: cannot be read (No such file or directory)"
    )


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[graphql]\nserver = \n")
    result = call("run", config=tmp_path / "config.toml")
    assert result.exit_code == 1
    assert "config.toml: is not TOML" in result.stderr
    assert "line 2" in result.stderr


def test_a_missing_instance_is_named_with_what_to_write(tmp_path: Path) -> None:
    result = call("run", config=configured(tmp_path, "http://127.0.0.1:1/graphql", instance=""))
    assert result.exit_code == 1
    assert '[skupper] instance: is missing; write instance = "NAME"' in result.stderr


def test_all_mistakes_of_a_configuration_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    result = call("run", config=tmp_path / "config.toml")
    assert "[graphql] server: is missing" in result.stderr
    assert "[skupper] instance: is missing" in result.stderr


def test_data_without_the_integration_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (INTEGRATION, "name: qontract-skupper", "name: another"))
    with Server(bundle) as server:
        result = call("plan", config=configured(tmp_path, server.address))
    assert (result.exit_code, "qontract-skupper" in result.stderr) == (4, True)


def test_schemas_that_are_not_declared_have_an_exit_code_of_their_own(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (INTEGRATION, "- /dependencies/skupper-1.yml\n", ""))
    with Server(bundle) as server:
        result = call("plan", config=configured(tmp_path, server.address))
    assert (result.exit_code, "/dependencies/skupper-1.yml" in result.stderr) == (5, True)


def test_schemas_need_not_be_declared_if_that_is_not_asked_for(tmp_path: Path) -> None:
    bundle = edited(tmp_path, (INTEGRATION, "- /dependencies/skupper-1.yml\n", ""))
    with Server(bundle) as server:
        words = ("plan", "--no-validate-schemas", "--cluster-name", "app-sre-prod-01")
        result = call(*words, config=configured(tmp_path, server.address))
    assert result.exit_code == 1  # of the cluster, whose token the configuration lacks
    assert "app-sre-prod-01" in result.stderr


def test_a_cluster_without_its_secret_is_named_and_the_plan_still_shown(tmp_path: Path) -> None:
    with Server(from_fixtures()) as server:
        result = call("plan", config=configured(tmp_path, server.address))
    assert result.exit_code == 1
    assert "None of 15 declared links is up, 15 of them unknown." in result.stdout
    assert result.stderr.count("\nError: ") + result.stderr.startswith("Error: ") == 6


def test_a_misspelt_cluster_is_refused_with_a_suggestion(untouched: Fleet) -> None:
    result = call("run", "--cluster-name", "app-sre-stage-1", config=untouched.config)
    assert result.exit_code == 2
    assert "the data has no cluster 'app-sre-stage-1'. Did you mean 'app-sre-stage-01'?" in result.stderr


def test_a_site_that_the_data_declares_is_not_cut_off(untouched: Fleet) -> None:
    result = call("run", "--cut", "appsres03ue1/skupper-vault", config=untouched.config)
    assert result.exit_code == 2
    assert "the data declares site appsres03ue1/skupper-vault: mark it delete: true first" in result.stderr


def test_a_misspelt_network_is_refused_with_a_suggestion(untouched: Fleet) -> None:
    result = call("status", "vualt", config=untouched.config)
    assert result.exit_code == 2
    assert "the data has no network 'vualt'. Did you mean 'vault'?" in result.stderr


def test_a_namespace_that_no_network_names_is_warned_of(untouched: Fleet) -> None:
    result = call("plan", "--namespace-name", "skuper-vault", config=untouched.config)
    assert result.exit_code == 0
    assert "[WARNING]" in result.stderr
    assert "Did you mean 'skupper-vault'?" in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_waits_for_the_server_is_stopped_by_a_signal(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    def interrupt(_: object) -> None:
        process.send_signal(number)
        process.wait(PATIENCE)

    with (
        serving(interrupt) as server,
        start("status", config=configured(tmp_path, f"{server.url}/graphql")) as process,
    ):
        _, reported = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert "Traceback" not in reported


def test_a_server_that_is_down_is_named_with_what_to_check(without_a_server: subprocess.Popen[str]) -> None:
    output, reported = without_a_server.communicate(timeout=PATIENCE)
    assert (without_a_server.returncode, output) == (1, "")
    assert "GraphQL server http://127.0.0.1:" in reported
    assert "check server in [graphql] of the configuration" in reported
    assert "Traceback" not in reported
