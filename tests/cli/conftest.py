"""Surroundings of commands, and sandboxes to call them on."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

# Everything that the commands import later: a sandbox in this process imports the same in its threads.
import reconcile.app_interface.client
import reconcile.integration
import reconcile.openshift.client  # noqa: F401
from reconcile.kinds import DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT
from reconcile.sandbox.embedded import Sandbox, Source
from tests.bundle.sources import SCHEMAS
from tests.cli.calling import call, same_loggers
from tests.cli.data import vault_alone
from tests.clusters.backends import Backend, Kind


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep settings of the machine out of the tests, and loggers as they were."""
    for name in os.environ:
        if name.startswith("QONTRACT_") or name in {"NO_COLOR", "COLUMNS", "HTTP_PROXY", "http_proxy"}:
            monkeypatch.delenv(name)
    with same_loggers():
        yield


@dataclass
class Fleet:
    """A sandbox that nobody changes any more, so that each question needs to be asked but once."""

    sandbox: Sandbox
    _answers: dict[tuple[str, ...], Result] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.sandbox.config

    @property
    def writes(self) -> int:
        """How often its clusters were written to since they started, by whomever."""
        return sum(cluster.counts().writes for cluster in self.sandbox)

    @property
    def versions(self) -> frozenset[tuple[str, str]]:
        """The versions of all objects that a command of ours writes to; routers do not."""
        kinds = (SECRET, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, DEPLOYMENT)
        return frozenset(
            (found["metadata"]["uid"], found["metadata"]["resourceVersion"])
            for cluster in self.sandbox
            for kind in kinds
            for found in cluster.objects(kind)
        )

    def ask(self, *words: str) -> Result:
        """The result of a command that only reads."""
        if words not in self._answers:
            self._answers[words] = call(*words, config=self.config)
        return self._answers[words]

    def ask_json(self, *words: str) -> Any:
        """The JSON document that a command prints."""
        return json.loads(self.ask(*words, "-o", "json").stdout)


def sandbox_in(folder: Path, backend: Backend | None = None) -> Sandbox:
    """A sandbox that is not started yet; for reports on what is there, simulated clusters are enough."""
    backend = backend or Backend(Kind.SIMULATED)
    return Sandbox(Source(vault_alone(folder), SCHEMAS), folder / "sandbox", make=backend.clusters)


@pytest.fixture
def sandbox(tmp_path: Path, backend: Backend) -> Iterator[Sandbox]:
    """A sandbox for one test."""
    with sandbox_in(tmp_path, backend) as made:
        yield made


@pytest.fixture(scope="package")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A sandbox on which nothing has been run."""
    with sandbox_in(tmp_path_factory.mktemp("untouched")) as made:
        yield Fleet(made)


@pytest.fixture(scope="package")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The same after a run: every link is up."""
    with sandbox_in(tmp_path_factory.mktemp("linked")) as made:
        assert call("run", "--log-level", "ERROR", config=made.config).exit_code == 0
        yield Fleet(made)
