"""The kubeconfig of a sandbox: one context per cluster, named as the cluster."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Entry:
    """One cluster of a kubeconfig."""

    name: str
    url: str
    token: str = field(repr=False)
    namespace: str = "default"


def write(path: Path, entries: Iterable[Entry], ca_pem: bytes) -> None:
    """Write a kubeconfig, readable by its owner only; the first cluster is the current context."""
    entries = tuple(entries)
    authority = base64.b64encode(ca_pem).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": entries[0].name if entries else "",
        "clusters": [
            {"name": entry.name, "cluster": {"server": entry.url, "certificate-authority-data": authority}}
            for entry in entries
        ],
        "users": [{"name": entry.name, "user": {"token": entry.token}} for entry in entries],
        "contexts": [
            {
                "name": entry.name,
                "context": {"cluster": entry.name, "user": entry.name, "namespace": entry.namespace},
            }
            for entry in entries
        ],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False))
