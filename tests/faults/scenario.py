"""Where faults happen: a sandbox of three clusters, one of them behind a fault proxy, and commands run against it.

Made once and used for fault after fault: between two versions of the data there is always something to make and
something to remove (see `data`), and every fault ends with a run that brings all of it about.
"""

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconcile.kinds import CONFIG_MAP, SERVICE_ACCOUNT
from reconcile.sandbox.embedded import Sandbox
from reconcile.skupper.removal_records import PREFIX
from tests.cli.processes import environment, shell
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.fault_proxy import FaultProxy
from tests.faults import data
from tests.faults.relay import Relay, relaying

Objects = Counter[tuple[str, str, str, str]]


_LINE = re.compile(r"\[.*?\] \[(?P<level>ERROR|WARNING|CRITICAL)\] \[.*?\] - (?P<message>.*)")
_WRITES = re.compile(r"DEBUG.* requests, (\d+) of them writes")
_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Ran:
    """One command, as a user would see it."""

    code: int
    output: str
    seconds: float
    others_up_after: float | None
    """Seconds until the new link of the network that has no site on the faulty cluster was up."""

    @property
    def messages(self) -> list[str]:
        """What is worth a user's attention: warnings, errors, and the last words of a command that gave up."""
        found = []
        for line in self.output.splitlines():
            match = _LINE.fullmatch(line)
            if match:
                found.append(f"{match['level']}: {match['message']}")
            elif not re.match(r"\[.*\] \[(INFO|DEBUG)\]", line):
                found.append(line)
        return [line for line in found if line]

    @property
    def writes(self) -> int:
        """Requests that wrote; counted at DEBUG only."""
        return sum(int(number) for number in _WRITES.findall(self.output))


@dataclass
class Scenario:
    """The sandbox, the fault proxy before `faulty`, and the version of the data that is served now."""

    box: Sandbox
    proxy: FaultProxy
    relay: Relay
    """Before the GraphQL server."""
    source: Path
    side: str
    undo: ExitStack
    """What a fault leaves to be put right."""

    def flip(self) -> None:
        """Serve the other version of the data, as if a day had passed: nothing counts that was removed before."""
        self.forget_removals()
        self.side = data.other(self.side)
        self.serve(self.side)

    def forget_removals(self) -> None:
        """Delete the records of removals."""
        for cluster in self.box.clusters:
            with cluster.client(field_manager="tests") as client:
                for account in cluster.objects(SERVICE_ACCOUNT):
                    metadata = account["metadata"]
                    records = [key for key in metadata.get("annotations", {}) if key.startswith(PREFIX)]
                    if records:
                        body = {"metadata": {"annotations": dict.fromkeys(records)}}
                        client.patch(SERVICE_ACCOUNT, metadata["name"], metadata["namespace"], body)

    def serve(self, side: str) -> None:
        data.write(self.source, side)
        self.box.reload()
        self.detour_graphql()

    def detour_graphql(self) -> None:
        """Have the configuration name the relay; the sandbox writes its own address when it reloads."""
        assert self.box.graphql
        written = self.box.config.read_text()
        self.box.config.write_text(written.replace(self.box.graphql.address, self.relay.address))

    def configure(self, old: str, new: str) -> None:
        """Change the configuration file until `recover`."""
        before = self.box.config.read_text()
        self.undo.callback(self.box.config.write_text, before)
        self.box.config.write_text(before.replace(old, new))

    def shell(self, line: str) -> Ran:
        """Run a line of shell in which `qontract-skupper` is our command, and `<folder>` a folder of the stage."""
        began = time.monotonic()
        done = subprocess.run(
            shell(line.replace("<folder>", str(self.source.parent))),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            cwd=cli_harness.ROOT,
            # Under a limit of the file size, Python would store truncated bytecode beside our modules.
            env=environment(self.box.config, PYTHONDONTWRITEBYTECODE="1"),
        )
        return Ran(done.returncode, done.stdout, time.monotonic() - began, None)

    def run(self, *words: str) -> Ran:
        """Run a command to its end."""
        began = time.monotonic()
        called = cli_harness.Command(self.box, *words)
        up_after: list[float] = []
        over = threading.Event()

        def look() -> None:
            while not up_after and not over.wait(_LOOK_EVERY):
                if self.others_up():
                    up_after.append(time.monotonic() - began)

        looking = threading.Thread(target=look)
        looking.start()
        code, output = called.finish()
        seconds = time.monotonic() - began
        over.set()
        looking.join()
        return Ran(code, output, seconds, next(iter(up_after), None))

    def others_up(self) -> bool:
        """The link of `beside` is up, by the word of the site that dials."""
        status = self.box.clusters["west"].find(CONFIG_MAP, "skupper-network-status", self.side)
        return bool(status) and f"west-{self.side}" in str(status) and "east-beside" in str(status)

    def objects(self) -> Objects:
        """What is on the clusters; requests and tokens under way included."""
        return cli_harness.end_state(self.box)

    def recover(self) -> None:
        """End all faults."""
        self.undo.close()
        self.proxy.clear()
        self.proxy.open()

    def normalise(self, text: str) -> str:
        """Leave out what differs from run to run."""
        text = text.replace(str(self.source.parent), "<folder>")
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)
        text = text.replace(self.side, "new").replace(data.other(self.side), "old")
        text = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", text)
        text = re.sub(r"and \d+ more", "and <n> more", text)
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uid>", text)
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "<time>", text)
        return re.sub(r"-[0-9a-f]{8}\b", "-<hash>", text)


@contextmanager
def scenario(backend: Backend, folder: Path) -> Iterator[Scenario]:
    """A stage on which nothing has been run."""
    source = data.write(folder / "data", data.SIDES[0])
    with (
        cli_harness.sandbox(backend, folder, source) as box,
        FaultProxy(box.clusters["faulty"].url, box.clusters.ca_file) as proxy,
        relaying(box.graphql.address if box.graphql else "") as relay,
        ExitStack() as undo,
    ):
        box.detour("faulty", proxy.url, Path(proxy.ca_file))
        made = Scenario(box, proxy, relay, source, data.SIDES[0], undo)
        made.detour_graphql()
        yield made
