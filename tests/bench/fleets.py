"""App-interface data of any size, made over the project's fixtures: networks of two sites on each of a few clusters."""

import shutil
from pathlib import Path

import yaml

from reconcile.sandbox.embedded import Source

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "app-interface"
CLUSTERS = ("east", "north", "west")
SITES_PER_NETWORK = 2 * len(CLUSTERS)


def make(folder: Path, networks: int) -> Source:
    """Write the data of `networks` networks of six sites each, all of them public: a mesh of 15 links a network."""
    data = folder / "data"
    shutil.copytree(FIXTURES / "data", data)
    shutil.copytree(FIXTURES / "resources", folder / "resources")
    for part in ("openshift", "dependencies/skupper", "services/observability/namespaces"):
        shutil.rmtree(data / part)
    for namespaces in (data / "services").glob("skupper-*/namespaces"):
        shutil.rmtree(namespaces)
    for name in CLUSTERS:
        _write(data / "openshift" / name / "cluster.yml", _cluster(name))
    for number in range(networks):
        name = f"net-{number:02}"
        _write(data / "dependencies" / "skupper" / f"{name}.yml", _network(name))
        for site in range(SITES_PER_NETWORK):
            cluster = CLUSTERS[site % len(CLUSTERS)]
            namespace = f"{name}-{site // len(CLUSTERS)}"
            _write(
                data / "services" / "skupper-vault" / "namespaces" / f"{namespace}.{cluster}.yml",
                _namespace(namespace, cluster, name),
            )
    return Source(folder, ROOT / "schemas")


def _write(path: Path, document: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**document, "labels": {}}), encoding="utf-8")


def _cluster(name: str) -> dict[str, object]:
    return {
        "$schema": "/openshift/cluster-1.yml",
        "name": name,
        "description": "A public cluster",
        "consoleUrl": f"https://console.{name}.example.com",
        "serverUrl": f"https://api.{name}.example.com:6443",
        "internal": False,
        "spec": {
            "product": "osd",
            "provider": "aws",
            "region": "us-east-1",
            "version": "4.10.36",
            "private": False,
        },
        "automationToken": {"path": f"creds/{name}", "field": "token"},
    }


def _network(name: str) -> dict[str, object]:
    return {
        "$schema": "/dependencies/skupper-1.yml",
        "identifier": name,
        "description": "One of many",
        "siteController": {"image": "quay.io/skupper/site-controller", "version": "1.9.6"},
    }


def _namespace(name: str, cluster: str, network: str) -> dict[str, object]:
    return {
        "$schema": "/openshift/namespace-1.yml",
        "name": name,
        "description": "One site",
        "cluster": {"$ref": f"/openshift/{cluster}/cluster.yml"},
        "app": {"$ref": "/services/skupper-vault/app.yml"},
        "environment": {"$ref": "/products/app-sre/environments/stage.yml"},
        "skupper": {"network": {"$ref": f"/dependencies/skupper/{network}.yml"}},
    }
