"""The ConfigMap ``skupper-site``: a site's typed configuration as the strings that Skupper reads.

Source: ``pkg/site/site.go``.
"""

from collections.abc import Mapping

from reconcile.skupper.definitions import ConfigValue
from reconcile.skupper.sites import Site
from reconcile.skupper.v1.keys import KEYS


def data(site: Site) -> dict[str, str]:
    """The ``data`` of the site's ConfigMap, sorted by key."""
    separator = str(site.config.get("annotationSeparator", ","))
    entries = {KEYS[key].name: text(value, separator) for key, value in site.config.items()}
    return dict(sorted(entries.items()))


def text(value: ConfigValue, separator: str = ",") -> str:
    """One value as Skupper parses it: ``true``/``false``, digits, text, or ``k=v`` joined by `separator`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return separator.join(f"{key}={entry}" for key, entry in sorted(value.items()))
    return str(value)
