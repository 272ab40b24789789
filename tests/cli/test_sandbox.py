"""``sandbox`` as a process of its own."""

import re
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.bundle.sources import SCHEMAS
from tests.cli.calling import call
from tests.cli.data import vault_alone
from tests.cli.processes import start
from tests.cli.test_bundle import overlaid

LAST_LINE = "Ctrl-C stops the sandbox.\n"
SOON = 10
"""Seconds within which a sandbox has to be gone."""


@dataclass
class Running:
    """A sandbox that is up."""

    process: subprocess.Popen[str]
    folder: Path
    reported: list[str] = field(default_factory=list)
    """The lines that it has printed."""

    @property
    def text(self) -> str:
        return "".join(self.reported)

    def stop(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; exit code and what was still printed to stdout and stderr."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=SOON)
        return self.process.returncode, output, errors


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Running]:
    with start("sandbox", "--folder", str(folder), *words) as process:
        sandbox = Running(process, folder)
        try:
            assert process.stdout
            for line in process.stdout:
                sandbox.reported.append(line)
                if line == LAST_LINE:
                    break
            else:
                pytest.fail(f"the sandbox did not start: {process.communicate()}")
            yield sandbox
        finally:
            process.kill()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox of other data than the project's own: one cluster has another name."""
    folder = tmp_path_factory.mktemp("sandbox")
    source = vault_alone(folder)
    for file in source.rglob("*.yml"):
        file.write_text(file.read_text().replace("name: app-sre-stage-01", "name: another-one"))
    with running(folder / "made", "--data", str(source), "--schemas", str(SCHEMAS)) as made:
        yield made


@pytest.mark.parametrize("name", ["plan", "run", "status"])
def test_it_tells_the_next_commands(name: str, sandbox: Running) -> None:
    assert re.search(rf"^  \S.* {name} +# ", sandbox.text, re.MULTILINE)


def test_it_tells_where_its_configuration_is(sandbox: Running) -> None:
    assert f"  export QONTRACT_CONFIG={sandbox.folder}/config.toml\n" in sandbox.text


def test_the_configuration_works(sandbox: Running) -> None:
    result = call("plan", config=sandbox.folder / "config.toml")
    assert (result.exit_code, "network vault" in result.stdout) == (0, True)


def contexts(sandbox: Running) -> set[str]:
    kubeconfig = yaml.safe_load((sandbox.folder / "kubeconfig").read_text())
    return {context["name"] for context in kubeconfig["contexts"]}


def test_it_serves_the_data_that_it_was_given(sandbox: Running) -> None:
    assert "another-one" in contexts(sandbox)


def test_the_context_in_its_example_exists(sandbox: Running) -> None:
    reported = re.search(r"kubectl --context (\S+)", sandbox.text)
    assert reported
    assert reported[1] in contexts(sandbox)


def test_the_address_in_its_example_reloads_the_data(sandbox: Running) -> None:
    reported = re.search(r"curl -X POST (\S+)", sandbox.text)
    assert reported
    with urllib.request.urlopen(reported[1], data=b"") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", ["config.toml", "kubeconfig"])
def test_files_with_tokens_are_for_their_owner_alone(name: str, sandbox: Running) -> None:
    assert stat.S_IMODE((sandbox.folder / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_within_seconds(number: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path) as made:
        assert made.stop(number) == (0, "sandbox stopped\n", "")


def test_data_with_faults_is_refused_with_every_fault(tmp_path: Path) -> None:
    source = overlaid(tmp_path, "bad-cpu", "bad-duration")
    result = call("sandbox", "--data", str(source), "--schemas", str(SCHEMAS))
    first, second, last = result.stderr.splitlines()
    assert result.exit_code == 1
    assert first.startswith(f"{source}/data/dependencies/skupper/grafana.yml:")
    assert second.startswith(f"{source}/data/dependencies/skupper/vault.yml:")
    assert last == f"Error: 2 faults in {source}: the sandbox was not started"


def test_a_directory_without_data_is_refused(tmp_path: Path) -> None:
    result = call("sandbox", "--data", str(tmp_path), "--schemas", str(SCHEMAS))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: no directory of datafiles: ")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = call("sandbox", "--folder", str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the sandbox cannot start: ")
    assert str(tmp_path / "file") in result.stderr
