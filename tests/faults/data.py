"""Data for three clusters and two networks, in two versions that each remove what the other one adds.

Network `across` has a site on each cluster, and one more on `faulty`; network `beside` has none on `faulty`. From one
version to the other, the second site on `faulty` and the site of `beside` on `west` move to another namespace. So
every change of the data has sites to make and sites to remove, on the faulty cluster and on a good one, and no state
has to be recreated for it.
"""

import shutil
from pathlib import Path

import yaml

from tests.bundle.sources import FIXTURES

CLUSTERS = ("east", "faulty", "west")
SIDES = ("alpha", "beta")
_KEPT = ("app-interface", "integrations", "products")
_STAYING = (("across", "east"), ("across", "faulty"), ("across", "west"), ("beside", "east"))
_MOVING = (("across", "faulty"), ("beside", "west"))

ACROSS = tuple(f"{cluster}/{network}" for network, cluster in _STAYING if network == "across")


def other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def write(folder: Path, side: str) -> Path:
    """Write one version into a folder; the sites of the other one are marked delete."""
    data = folder / "data"
    if not data.exists():
        for name in _KEPT:
            shutil.copytree(FIXTURES / "data" / name, data / name)
        (folder / "resources").mkdir()
        _write(data / "app.yml", **_HEAD, schema="/app-sre/app-1.yml", name="app", **_APP)
        for network in ("across", "beside"):
            _write(
                data / f"{network}.yml", schema="/dependencies/skupper-1.yml", identifier=network, **_NETWORK
            )
        for cluster in CLUSTERS:
            _write(
                data / f"{cluster}.yml", schema="/openshift/cluster-1.yml", name=cluster, **_cluster(cluster)
            )
    for network, cluster in _STAYING:
        _write_namespace(data, cluster, network, network)
    for network, cluster in _MOVING:
        _write_namespace(data, cluster, side, network)
        _write_namespace(data, cluster, other(side), network, delete=True)
    return folder


_HEAD = {"labels": {}, "description": "for tests"}
_APP = {
    "onboardingStatus": "InProgress",
    "serviceOwners": [{"name": "nobody", "email": "nobody@example.com"}],
}
_NETWORK = {
    **_HEAD,
    "siteController": {"image": "quay.io/skupper/site-controller", "version": "1.9.6"},
}


def _cluster(name: str) -> dict[str, object]:
    return {
        **_HEAD,
        "consoleUrl": "",
        "internal": False,
        "serverUrl": f"https://{name}.example.com:6443",
        "spec": {"product": "osd", "provider": "aws", "region": "r", "version": "4.10.36", "private": False},
        "automationToken": {"path": f"creds/{name}", "field": "token"},
    }


def _write_namespace(data: Path, cluster: str, name: str, network: str, *, delete: bool = False) -> None:
    skupper = {"skupper": {"network": {"$ref": f"/{network}.yml"}, "delete": delete}}
    _write(
        data / "namespaces" / f"{name}.{cluster}.yml",
        schema="/openshift/namespace-1.yml",
        **_HEAD,
        name=name,
        cluster={"$ref": f"/{cluster}.yml"},
        app={"$ref": "/app.yml"},
        environment={"$ref": "/products/app-sre/environments/stage.yml"},
        **skupper,
    )


def _write(file: Path, *, schema: str, **content: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump({"$schema": schema, **content}))
