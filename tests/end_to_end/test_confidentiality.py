"""No private key leaves the clusters: not in a log line, an error, a plan, a report or a file, whatever is called."""

import tomllib
from base64 import b64decode
from pathlib import Path

import pytest

from reconcile.kinds import SECRET
from reconcile.sandbox.embedded import Sandbox
from reconcile.sandbox.kubernetes.accounts import EVERYTHING, Account, Rule
from tests.clusters.backends import Backend
from tests.end_to_end import boxes


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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> tuple[str, set[str]]:
    """Everything that all commands print at the highest verbosity, through good and bad times, and what must not be
    in it."""
    folder = tmp_path_factory.mktemp("confidential")
    with boxes.sandbox(backend, folder, boxes.data_of(folder, "vault")) as box:
        dialler = box.clusters["appsres03ue1"]
        dialler.admit(account(box, dialler.name, may_deliver=False))
        output = boxes.command(box, "run", "--wait", "5s", "--log-level", "DEBUG")[1]
        dialler.admit(account(box, dialler.name, may_deliver=True))
        for words in (
            ("run", "--log-level", "DEBUG"),
            ("plan", "--log-level", "DEBUG"),
            ("plan", "-o", "json"),
            ("status", "--log-level", "DEBUG"),
            ("status", "-o", "json"),
            ("run", "--dry-run", "--log-level", "DEBUG"),
            ("bundle", str(boxes.FIXTURES)),
        ):
            output += boxes.command(box, *words)[1]
        return output, marks(box) | tokens(box)


def account(box: Sandbox, cluster: str, *, may_deliver: bool) -> Account:
    """Our account on a cluster, with or without the right to create Secrets."""
    read = Rule(verbs=frozenset({"get", "list", "watch"}))
    others = Rule(
        resources=frozenset({"configmaps", "serviceaccounts", "roles", "rolebindings", "deployments"})
    )
    token = tomllib.loads(box.config.read_text())["app-sre"]["creds"]["kube-configs"][cluster]["token"]
    return Account("sandbox:automationToken", token, (EVERYTHING,) if may_deliver else (read, others))


def test_there_are_keys_to_look_for(told: tuple[str, set[str]]):
    assert len(told[1]) > 100


def test_no_private_key_or_token_is_in_any_output(told: tuple[str, set[str]]):
    output, forbidden = told
    assert [mark for mark in forbidden if mark in output] == []


def test_refused_deliveries_were_among_what_was_told(told: tuple[str, set[str]]):
    assert "cannot create Secret link-" in told[0]


def test_no_file_of_a_run_holds_a_private_key(tmp_path: Path, backend: Backend):
    with boxes.sandbox(backend, tmp_path, boxes.data_of(tmp_path, "vault")) as box:
        boxes.command(box, "run", "--log-level", "DEBUG")
        forbidden = marks(box)
        written = [
            path for path in tmp_path.rglob("*") if path.is_file() and "certificates" not in path.parts
        ]
        assert written
        assert [path for path in written for mark in forbidden if mark in path.read_text()] == []
