"""A small Vault over HTTP: two ways to log in, key-value engines with and without versions, policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.openshift.loopback import Loopback, Reply, Visit, sends, serving

TOKEN = "hvs.the-token"
ROLE_ID = "the-role"
SECRET_ID = "the-secret-id"
SERVICE_ACCOUNT = "the.service.account.token"


@dataclass
class Vault:
    """What the server holds. ``faults`` are sent before anything else, one a request."""

    versioned: dict[str, list[dict[str, Any] | None]] = field(default_factory=dict)
    """``mount/path`` of engines with versions -> versions from 1; None for a deleted one."""
    plain: dict[str, dict[str, Any]] = field(default_factory=dict)
    """``mount/path`` of engines without versions -> values."""
    forbidden: set[str] = field(default_factory=set)
    """``mount/path`` that the account may not read."""
    faults: list[Reply] = field(default_factory=list)

    def answer(self, visit: Visit) -> object:
        if self.faults:
            return self.faults.pop(0)(visit)
        path = visit.path.removeprefix("/v1/")
        if path in {"auth/approle/login", "auth/cluster-a/login"}:
            return self._log_in(path, visit)
        if visit.headers.get("x-vault-token") != TOKEN:
            return refusal(403, "permission denied")(visit)
        if path.startswith("sys/internal/ui/mounts/"):
            return self._mount(path.rpartition("/")[2])(visit)
        return self._secret(path, visit.query.get("version"))(visit)

    def _log_in(self, path: str, visit: Visit) -> object:
        given = visit.json
        expected = {
            "auth/approle/login": {"role_id": ROLE_ID, "secret_id": SECRET_ID},
            "auth/cluster-a/login": {"role": ROLE_ID, "jwt": SERVICE_ACCOUNT},
        }
        if given != expected[path]:
            return refusal(400, "invalid role or secret ID")(visit)
        return sends({"auth": {"client_token": TOKEN}})(visit)

    def _mount(self, mount: str) -> Reply:
        if any(path.startswith(f"{mount}/") for path in self.versioned):
            return sends({"data": {"type": "kv", "options": {"version": "2"}}})
        if any(path.startswith(f"{mount}/") for path in self.plain):
            return sends({"data": {"type": "kv", "options": None}})
        return refusal(403, "preflight capability check returned 403")

    def _secret(self, path: str, version: str | None) -> Reply:
        mount, _, rest = path.partition("/")
        if f"{mount}/{rest.removeprefix('data/')}" in self.forbidden:
            return refusal(403, "1 error occurred:\n\t* permission denied\n\n")
        if path in self.plain:
            return sends({"data": self.plain[path]})
        versions = self.versioned.get(f"{mount}/{rest.removeprefix('data/')}", [])
        number = int(version) if version else len(versions)
        if rest.startswith("data/") and 0 < number <= len(versions):
            return self._version(versions[number - 1])
        return refusal(404)

    def _version(self, values: dict[str, Any] | None) -> Reply:
        deleted = "" if values else "2026-01-01T00:00:00Z"
        body = {"data": {"data": values, "metadata": {"deletion_time": deleted}}}
        return sends(body, 200 if values else 404)


def refusal(status: int, *errors: str) -> Reply:
    return sends({"errors": list(errors)}, status)


@contextmanager
def serving_vault(vault: Vault) -> Iterator[Loopback]:
    with serving(vault.answer) as server:
        yield server
