"""A sandbox with one network of the fixtures, and the real command line against it in processes of its own."""

import multiprocessing
import os
import re
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from reconcile.cli import main
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT
from reconcile.sandbox.embedded import Sandbox, Source
from tests.clusters.backends import Backend

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "app-interface"

_GENERATION = re.compile(r"^(link-.*)-[0-9a-f]{8}$")
_KINDS = (CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT)


def data_of(folder: Path, *networks: str) -> Path:
    """A copy of the fixtures with only some networks, and only the clusters and namespaces that these need."""
    copy = folder / "app-interface"
    shutil.copytree(FIXTURES, copy)
    data = copy / "data"
    documents = {
        f"/{file.relative_to(data)}": yaml.safe_load(file.read_text()) for file in data.rglob("*.yml")
    }
    kept = {f"/dependencies/skupper/{network}.yml" for network in networks}
    clusters = {
        doc["cluster"]["$ref"]
        for doc in documents.values()
        if doc.get("skupper", {}).get("network", {}).get("$ref") in kept
    }
    for path, doc in documents.items():
        network = doc.get("skupper", {}).get("network", {}).get("$ref")
        superfluous = (
            (doc["$schema"] == "/openshift/namespace-1.yml" and network not in kept)
            or (doc["$schema"] == "/openshift/cluster-1.yml" and path not in clusters)
            or (doc["$schema"] == "/dependencies/skupper-1.yml" and path not in kept)
        )
        if superfluous:
            (data / path[1:]).unlink()
        elif doc.pop("networkPoliciesAllow", None):
            (data / path[1:]).write_text(yaml.safe_dump(doc))
    return copy


@contextmanager
def sandbox(backend: Backend, folder: Path, data: Path = FIXTURES) -> Iterator[Sandbox]:
    """A running sandbox over some data."""
    source = Source(data, ROOT / "schemas")
    with Sandbox(source, folder / "sandbox", make=backend.clusters) as made:
        yield made


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        __name__,
        "kubernetes.client.rest",
        "reconcile.cli.run",
        "reconcile.integration",
        "reconcile.openshift.client",
    ]
)
"""Commands run in processes of their own, forked from one that has imported everything: a start costs nothing."""


class Command:
    """A command of ours in a process of its own."""

    def __init__(self, box: Sandbox, *words: str) -> None:
        """Start it."""
        self._output = box.folder / f"output-{uuid.uuid4().hex}"
        self._process = _PROCESSES.Process(target=_enter, args=(words, box.config, self._output))
        self._process.start()

    def kill(self) -> None:
        """End it without a chance to do anything about it."""
        self._process.kill()

    def finish(self) -> tuple[int, str]:
        """Wait for its end; its exit code and all that it printed."""
        self._process.join(timeout=100)
        if self._process.is_alive():
            self.kill()
            pytest.fail(f"it does not end; it has printed: {self._output.read_text()}")
        code = self._process.exitcode
        self._process.close()
        return code or 0, self._output.read_text() if self._output.exists() else ""


def _enter(words: tuple[str, ...], config: Path, output: Path) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.environ["QONTRACT_CONFIG"] = str(config)
    main(list(words), prog_name="qontract-skupper")


def command(box: Sandbox, *words: str) -> tuple[int, str]:
    """Run a command of ours to its end."""
    return Command(box, *words).finish()


class Kill:
    """Kills a process when the clusters get a certain request, counted over all of them from 1; 0 never."""

    def __init__(self, box: Sandbox, at: int = 0) -> None:
        self.seen = 0
        self.command: Command | None = None
        self._at = at
        for cluster in box:
            cluster.faults.before.append(self._count)

    def _count(self, _: object) -> None:
        self.seen += 1
        if self.seen == self._at and self.command:
            self.command.kill()


def end_state(box: Sandbox) -> Counter[tuple[str, str, str, str]]:
    """What is on the clusters: cluster, kind, namespace and name of every object, generations left out."""
    return Counter(
        (cluster.name, kind.name, found["metadata"].get("namespace", ""), _stem(found["metadata"]["name"]))
        for cluster in box
        for kind in _KINDS
        for found in cluster.objects(kind)
    )


def _stem(name: str) -> str:
    match = _GENERATION.match(name)
    return match[1] if match else name
