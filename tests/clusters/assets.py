"""Where the programs of a real control plane are: the envtest convention, or the cache of ``make kube-assets``."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

PROGRAMS = Path(__file__).with_name("programs")
"""Go modules that the programs are built from."""
NEEDED = ("kube-apiserver", "etcd", "kubectl")
CONTROLLERS = "kube-controller-manager"
"""``setup-envtest`` excludes it; then the tests collect garbage themselves."""


@dataclass(frozen=True)
class Assets:
    folder: Path

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)

    @cached_property
    def version(self) -> str:
        """As the API server tells it: ``v1.34.4``."""
        reported = subprocess.run(
            [self["kube-apiserver"], "--version"], capture_output=True, text=True, check=True
        )
        return reported.stdout.split()[-1]

    @property
    def controllers(self) -> bool:
        """True if garbage can be collected by the real collector."""
        return os.access(self[CONTROLLERS], os.X_OK)


@cache
def find() -> Assets | None:
    """The programs, None if they are not all there."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(named) if named else cached / "qontract-skupper" / "kube-assets" / pinned()
    return Assets(folder) if all(os.access(folder / program, os.X_OK) for program in NEEDED) else None


def pinned() -> str:
    """The version that ``make kube-assets`` builds: ``1.34.4``."""
    found = re.search(r"k8s\.io/kubernetes v(\S+)", (PROGRAMS / "kubernetes" / "go.mod").read_text())
    assert found
    return found[1]


def explained() -> str:
    """One line for the head of a test run."""
    found = find()
    if found:
        without = "" if found.controllers else f", without {CONTROLLERS}"
        return f"real API servers: kube-apiserver {found.version}{without}; cluster-facing tests run on both back ends"
    return "real API servers: none (make kube-assets obtains them); cluster-facing tests run on simulated clusters only"
