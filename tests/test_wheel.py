"""The wheel, installed into an environment of its own and used from an empty folder.

Nothing is downloaded: its dependencies, as its metadata names them, are links to the packages that the tests run with.
"""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.bundle.sources import FIXTURES, REPOSITORY
from tests.cli.environments import pretend_installed
from tests.cli.processes import PATIENCE, environment
from tests.cli.test_bundle import overlaid
from tests.cli.test_sandbox import LAST_LINE

COMMANDS = ("run", "plan", "status", "bundle", "sandbox", "completion")
IMPORT_ALL = """
import importlib, pkgutil, reconcile
for module in pkgutil.walk_packages(reconcile.__path__, "reconcile."):
    if not module.name.startswith("reconcile.sandbox.") and not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""
INSTALL = "pip install 'qontract-skupper[sandbox]'"
# So these tests are begun early: at the end all other processes would wait for the installation.
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel, and the folder that has its dependencies."""

    root: Path
    dependencies: Path
    folder: Path
    """Where commands are called; nothing is in it."""

    @property
    def packages(self) -> Path:
        return next(self.root.glob("lib/python3*/site-packages"))

    def start(self, program: str, *words: str, config: Path | None = None) -> subprocess.Popen[str]:
        """Start a program of the environment."""
        return subprocess.Popen(
            [self.root / "bin" / program, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=environment(config, PYTHONPATH=str(self.dependencies)),
        )

    def call(self, *words: str, config: Path | None = None) -> tuple[int, str, str]:
        """Call the program: its exit code, stdout and stderr."""
        return _outcome(self.start("qontract-skupper", *words, config=config))

    def python(self, *words: str) -> tuple[int, str, str]:
        """Call Python: its exit code, stdout and stderr."""
        return _outcome(self.start("python", *words))


def _outcome(started: subprocess.Popen[str]) -> tuple[int, str, str]:
    with started as process:
        output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output, errors


def needed(asking: Distribution, extras: Iterable[str] = ()) -> dict[str, Distribution]:
    """What a distribution needs with these extras, and what that needs in turn, by name."""
    found: dict[str, Distribution] = {}
    open_ = [(asking, {"", *extras})]
    seen = set()
    while open_:
        current, wanted = open_.pop()
        for requirement in map(Requirement, current.requires or ()):
            applies = not requirement.marker or any(requirement.marker.evaluate({"extra": e}) for e in wanted)
            if applies and str(requirement) not in seen:
                seen.add(str(requirement))
                found[requirement.name] = distribution(requirement.name)
                open_.append((found[requirement.name], {"", *requirement.extras}))
    return found


def link(wanted: Iterable[Distribution], folder: Path) -> Path:
    """Link the files of distributions into a folder."""
    folder.mkdir()
    for found in wanted:
        for entry in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (folder / entry).exists():
                (folder / entry).symlink_to(str(found.locate_file(entry)))
    return folder


@pytest.fixture(scope="module")
def with_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment after ``pip install 'qontract-skupper[sandbox]'``."""
    root = tmp_path_factory.mktemp("wheel")
    pip = ["pip", "--disable-pip-version-check", "--python", str(root / "venv" / "bin" / "python"), "install"]
    for command in (
        ["hatchling", "build", "--target", "wheel", "--directory", str(root)],
        ["venv", "--without-pip", str(root / "venv")],
        [
            *pip,
            "--quiet",
            "--no-index",
            "--no-deps",
            "--no-compile",
            "--find-links",
            str(root),
            "qontract-skupper",
        ],
    ):
        subprocess.run([sys.executable, "-m", *command], cwd=REPOSITORY, check=True, timeout=PATIENCE)
    (root / "empty").mkdir()
    made = Environment(root / "venv", root / "sandbox", root / "empty")
    link(needed(installed(made), ["sandbox"]).values(), made.dependencies)
    return made


@pytest.fixture(scope="module")
def without_sandbox(with_sandbox: Environment) -> Environment:
    """The same environment with the dependencies of ``pip install qontract-skupper`` alone."""
    folder = with_sandbox.root.with_name("plain")
    link(needed(installed(with_sandbox)).values(), folder)
    return Environment(with_sandbox.root, folder, with_sandbox.folder)


@pytest.fixture(scope="module")
def sandbox(with_sandbox: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The configuration file of a sandbox with the data that comes with the program."""
    folder = tmp_path_factory.mktemp("sandbox")
    with with_sandbox.start("qontract-skupper", "sandbox", "--folder", str(folder)) as process:
        assert process.stdout
        try:
            if LAST_LINE not in process.stdout:
                pytest.fail(f"the sandbox did not start: {process.communicate()}")
            yield folder / "config.toml"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)


def installed(place: Environment) -> Distribution:
    return next(iter(distributions(name="qontract-skupper", path=[str(place.packages)])))


def test_the_program_runs_from_the_environment(with_sandbox: Environment) -> None:
    _, told, _ = with_sandbox.python("-c", "import reconcile; print(reconcile.__file__)")
    assert Path(told).is_relative_to(with_sandbox.packages)


def test_every_module_outside_of_the_sandbox_can_be_imported_without_the_extra(
    without_sandbox: Environment,
) -> None:
    code, _, errors = without_sandbox.python("-c", IMPORT_ALL)
    assert code == 0, errors


def test_a_run_needs_no_extra(without_sandbox: Environment, sandbox: Path) -> None:
    code, _, errors = without_sandbox.call("run", "--cluster-name", "app-sre-stage-01", config=sandbox)
    assert (code, "'ConfigMap', 'skupper-site'" in errors) == (0, True), errors


def test_a_bundle_needs_no_schemas_beside_the_data(without_sandbox: Environment, tmp_path: Path) -> None:
    source = tmp_path / "data-only"
    shutil.copytree(FIXTURES, source)
    assert without_sandbox.call("bundle", str(source), "-o", str(tmp_path / "bundle.json"))[0] == 0


def test_the_schemas_of_the_wheel_find_a_fault(without_sandbox: Environment, tmp_path: Path) -> None:
    source = overlaid(tmp_path, "bad-quantity")
    code, _, errors = without_sandbox.call("bundle", str(source))
    assert (code, "'128mb' is not an amount of memory" in errors) == (1, True)


@pytest.mark.sampled(2, "all commands are found by the same code")
@pytest.mark.parametrize("name", COMMANDS)
def test_help_needs_no_extra(name: str, without_sandbox: Environment) -> None:
    code, output, _ = without_sandbox.call(name, "--help")
    assert (code, f"Usage: qontract-skupper {name} " in output) == (0, True)


def test_the_program_refuses_to_run_where_qontract_reconcile_has_overwritten_its_files(
    without_sandbox: Environment, tmp_path: Path
) -> None:
    shutil.copytree(without_sandbox.root, tmp_path / "venv", symlinks=True)
    shared = Environment(tmp_path / "venv", without_sandbox.dependencies, without_sandbox.folder)
    pretend_installed(shared.packages, "qontract-reconcile")
    (shared.packages / "reconcile" / "__init__.py").write_text("")
    code, _, errors = shared.python("-m", "reconcile.cli", "plan")
    assert (code, errors.count("\n")) == (1, 1), errors
    assert "qontract-skupper and qontract-reconcile are installed in the same environment" in errors


def test_a_sandbox_without_its_extra_ends_with_the_command_that_installs_it(
    without_sandbox: Environment,
) -> None:
    code, _, errors = without_sandbox.call("sandbox")
    assert (code, len(errors.splitlines())) == (1, 1)
    assert errors.endswith(f"; install it: {INSTALL}\n")
