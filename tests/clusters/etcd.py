"""One etcd for all API servers, each below a prefix of its own.

Emptying a cluster through its API takes a request for every kind and namespace, and a second for what has finalizers.
Here one transaction removes every key that was not there when the server was new: its watches see each of them go.
"""

import base64
import json
from pathlib import Path
from typing import Any

import urllib3

from tests.clusters.processes import Program, free_port

_HOUSEKEEPING = ("leases/", "masterleases/", "configmaps/kube-system/", "events/")
"""What servers and controllers keep for themselves, below ``registry/``."""


class Etcd:
    """Runs from construction to ``stop``."""

    def __init__(self, program: str, folder: Path) -> None:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.url = client
        self._http = urllib3.PoolManager(maxsize=6, timeout=30)
        self._program = Program(
            folder / "etcd.log",
            program,
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--max-txn-ops=100000",
            # Nothing here outlives the tests.
            "--unsafe-no-fsync",
        ).until(self._is_healthy)

    def keys(self, prefix: str) -> frozenset[str]:
        """All keys below a prefix."""
        found = self._say("range", {**_below(prefix), "keys_only": True})
        return frozenset(base64.b64decode(entry["key"]).decode() for entry in found.get("kvs", ()))

    def restore(self, prefix: str, baseline: frozenset[str]) -> None:
        """Remove every key below a prefix that is not in the baseline, in one transaction."""
        kept = tuple(f"{prefix}/registry/{part}" for part in _HOUSEKEEPING)
        surplus = [key for key in self.keys(f"{prefix}/") - baseline if not key.startswith(kept)]
        if surplus:
            ops = [{"request_delete_range": {"key": _encoded(key)}} for key in sorted(surplus)]
            self._say("txn", {"success": ops})

    def stop(self) -> None:
        self._http.clear()
        self._program.stop()

    def _say(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.request("POST", f"{self.url}/v3/kv/{verb}", body=json.dumps(body).encode())
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def _is_healthy(self) -> bool:
        try:
            return self._http.request("GET", f"{self.url}/health", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def _encoded(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def _below(prefix: str) -> dict[str, str]:
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {"key": _encoded(prefix), "range_end": _encoded(end)}
