"""A sandbox with one network of the fixtures, and the real command line against it in processes of its own."""

import re
import shutil
import signal
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import yaml

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT
from reconcile.sandbox.embedded import Sandbox, Source
from reconcile.skupper.v1 import names
from tests.cli.processes import environment, program
from tests.clusters.backends import Backend
from tests.fault_proxy import FaultProxy
from tests.waiting import until

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "app-interface"

_GENERATION = re.compile(r"^(link-.*)-[0-9a-f]{8}$")
_KINDS = (CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT)
"""Of all objects that there are or that own others."""
_REPORTS = {names.LEADER, names.NETWORK_STATUS}


def data_of(folder: Path, *networks: str, without: Iterable[str] = ()) -> Path:
    """A copy of the fixtures with only some networks, and only the clusters and namespaces that these need.

    `without` names the files of sites to leave out.
    """
    copy = folder / "app-interface"
    shutil.copytree(FIXTURES, copy)
    data = copy / "data"
    for name in without:
        next(data.rglob(name)).unlink()
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


PATIENCE = 100.0
"""Seconds after which a command is given up."""


class Command:
    """A command of ours in a process of its own."""

    def __init__(self, box: Sandbox, *words: str) -> None:
        """Start it."""
        self._output = box.folder / f"output-{uuid.uuid4().hex}"
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [program(), *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(box.config),
            )

    def kill(self) -> None:
        """End it without a chance to do anything about it."""
        # The program passes it on as SIGKILL, and has ended when the command has.
        self._process.send_signal(signal.SIGUSR1)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait_until_it_says(self, text: str) -> None:
        """Wait until it has printed a text."""
        until(lambda: text in self._output.read_text(), PATIENCE)

    def finish(self) -> tuple[int, str]:
        """Wait for its end; its exit code and all that it printed."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"it does not end; it has printed: {self._output.read_text()}")
        return code, self._output.read_text()


def command(box: Sandbox, *words: str) -> tuple[int, str]:
    """Run a command of ours to its end."""
    return Command(box, *words).finish()


class FaultProxies:
    """A fault proxy before each cluster of a sandbox: our commands pass through them, Skupper does not."""

    def __init__(self, box: Sandbox) -> None:
        self._proxies = {cluster.name: FaultProxy(cluster.url, box.clusters.ca_file) for cluster in box}
        for name, proxy in self._proxies.items():
            box.detour(name, proxy.url, Path(proxy.ca_file))

    def __getitem__(self, cluster: str) -> FaultProxy:
        return self._proxies[cluster]

    def __iter__(self) -> Iterator[FaultProxy]:
        return iter(self._proxies.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for proxy in self:
            proxy.shut()


def declare(data: Path, *, delete: bool) -> None:
    """Have all sites of a copy of the fixtures made, or taken away again."""
    for file in data.rglob("*.yml"):
        document = yaml.safe_load(file.read_text())
        if "skupper" in document:
            document["skupper"]["delete"] = delete
            file.write_text(yaml.safe_dump(document))


State = Counter[tuple[str, str, str, str]]
"""How many objects there are, by cluster, kind, namespace and name, generations left out."""


def end_state(box: Sandbox) -> State:
    """What is on the clusters, but for what comes and goes by itself.

    That is what routers report when they get round to it, and what is left without an owner until it is collected.
    """
    return Counter(
        (
            cluster.name,
            found["kind"],
            found["metadata"].get("namespace", ""),
            _stem(found["metadata"]["name"]),
        )
        for cluster in box
        for found in _staying(
            [{**obj, "kind": kind.name} for kind in _KINDS for obj in cluster.objects(kind)]
        )
        if found["metadata"]["name"] not in _REPORTS
    )


def _staying(objects: list[Json]) -> list[Json]:
    """Those that have no owner, or one that stays."""
    staying: dict[str, Json] = {}
    known = -1
    while known < len(staying):
        known = len(staying)
        for found in objects:
            owners = found["metadata"].get("ownerReferences") or []
            if not owners or any(owner["uid"] in staying for owner in owners):
                staying[found["metadata"]["uid"]] = found
    return list(staying.values())


def _stem(name: str) -> str:
    match = _GENERATION.match(name)
    return match[1] if match else name
