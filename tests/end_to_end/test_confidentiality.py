"""No private key leaves the clusters: not in a log line, an error, a plan, a report or a file, whatever is called."""

import tomllib
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconcile.kinds import SECRET
from reconcile.sandbox.embedded import Sandbox
from reconcile.sandbox.kubernetes.accounts import EVERYTHING, Account, Rule
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness


def marks(box: Sandbox) -> set[str]:
    """Pieces of every private key on the clusters, as they would show in base64, in PEM, or inside a JSON text."""
    found = set()
    for cluster in box:
        for secret in cluster.objects(SECRET):
            key = (secret.get("data") or {}).get("tls.key", "")
            lines = b64decode(key).decode().splitlines()
            found |= {line for line in lines if not line.startswith("-----") and len(line) > 20}
            found |= {key[start : start + 40] for start in range(0, len(key) - 40, 400)}
    return found


def tokens(box: Sandbox) -> set[str]:
    """The bearer tokens of our accounts."""
    return {line.split('"')[1] for line in box.config.read_text().splitlines() if line.startswith("token = ")}


@dataclass(frozen=True)
class Printed:
    """Everything that all commands print at the highest verbosity, through good and bad times."""

    output: str
    keys: set[str]
    tokens: set[str]
    files: dict[Path, str]
    """Every file that is there afterwards, but for those of the simulation itself."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Printed:
    folder = tmp_path_factory.mktemp("confidential")
    with cli_harness.sandbox(backend, folder, cli_harness.data_of(folder, "vault")) as box:
        dialler = box.clusters["appsres03ue1"]
        dialler.admit(account(box, dialler.name, may_deliver=False))
        output = cli_harness.command(box, "run", "--wait", "5s", "--log-level", "DEBUG")[1]
        dialler.admit(account(box, dialler.name, may_deliver=True))
        for words in (
            ("run", "--log-level", "DEBUG"),
            ("plan", "--log-level", "DEBUG"),
            ("plan", "-o", "json"),
            ("status", "--log-level", "DEBUG"),
            ("status", "-o", "json"),
            ("run", "--dry-run", "--log-level", "DEBUG"),
            ("diagnose", "--no-dial", "--verbose", "--log-level", "DEBUG"),
            ("diagnose", "--no-dial", "-o", "json"),
            ("bundle", str(cli_harness.FIXTURES)),
        ):
            output += cli_harness.command(box, *words)[1]
        files = {
            path: path.read_text()
            for path in folder.rglob("*")
            if path.is_file() and "certificates" not in path.parts
        }
        return Printed(output, marks(box), tokens(box), files)


def account(box: Sandbox, cluster: str, *, may_deliver: bool) -> Account:
    """Our account on a cluster, with or without the right to create Secrets."""
    read = Rule(verbs=frozenset({"get", "list", "watch"}))
    others = Rule(
        resources=frozenset({"configmaps", "serviceaccounts", "roles", "rolebindings", "deployments"})
    )
    token = tomllib.loads(box.config.read_text())["app-sre"]["creds"]["kube-configs"][cluster]["token"]
    return Account("sandbox:automationToken", token, (EVERYTHING,) if may_deliver else (read, others))


def test_there_are_keys_to_look_for(printed: Printed):
    assert len(printed.keys) > 100


def test_no_private_key_or_token_is_in_any_output(printed: Printed):
    assert [mark for mark in printed.keys | printed.tokens if mark in printed.output] == []


def test_refused_deliveries_were_among_what_was_reported(printed: Printed):
    assert "cannot create Secret link-" in printed.output


def test_no_file_of_a_run_holds_a_private_key(printed: Printed):
    assert printed.files
    assert [path for path, text in printed.files.items() if any(key in text for key in printed.keys)] == []
