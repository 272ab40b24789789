"""Ownership of objects, by two labels; the second names the app-interface.

Several app-interfaces may share a cluster. Each has an *instance* name; only objects with our label and our instance
are ever changed or deleted. By the same labels one cluster-wide LIST per kind finds all managed objects. The labels can
never change: Skupper copies them into Service selectors when it creates a site.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MANAGED_BY = "app.kubernetes.io/managed-by"
INSTANCE = "qontract-skupper/instance"
FIELD_MANAGER = "qontract-skupper"
"""Our name as owner of fields in server-side apply, and the value of the label ``MANAGED_BY``."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """The labels of one app-interface on its objects, and where its data comes from."""

    instance: str
    origin: str = ""
    """Which server the data was read from; recorded on each site. Empty: not known, and not recorded."""

    @property
    def labels(self) -> dict[str, str]:
        return {MANAGED_BY: FIELD_MANAGER, INSTANCE: self.instance}

    @property
    def selector(self) -> str:
        """Label selector that matches all managed objects."""
        return ",".join(f"{key}={value}" for key, value in self.labels.items())

    def covers(self, labels: Mapping[str, str]) -> bool:
        """True if an object with these labels is ours."""
        return labels.get(MANAGED_BY) == FIELD_MANAGER and labels.get(INSTANCE) == self.instance
