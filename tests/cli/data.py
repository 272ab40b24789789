"""Data to run on: the fixtures' network of Vault alone, three sites on as many clusters."""

import shutil
from pathlib import Path

from tests.bundle.sources import FIXTURES

LINKS = 3
SITES = 3
PUBLIC = {"app-sre-stage-01", "app-sre-stage-02"}
INTERNAL = {"appsres03ue1"}

_OTHERS = (
    "dependencies/skupper/fake-api-server.yml",
    "dependencies/skupper/grafana.yml",
    "dependencies/skupper/policies/fake-api-server.yml",
    "dependencies/skupper/policies/grafana.yml",
    "openshift/app-sre-prod-01",
    "openshift/appsrep05ue1",
    "openshift/appsres04ue2",
    "services/observability",
    "services/skupper-fake-api-server",
)


def vault_alone(folder: Path) -> Path:
    """Copy the fixtures to a folder, all that Vault does not need left out."""
    source = folder / "app-interface"
    shutil.copytree(FIXTURES, source)
    for name in _OTHERS:
        other = source / "data" / name
        if other.is_dir():
            shutil.rmtree(other)
        else:
            other.unlink()
    return source
