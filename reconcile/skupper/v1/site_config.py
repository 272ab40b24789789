"""The ConfigMap ``skupper-site``: a site's typed configuration as strings for Skupper.

Source: ``pkg/site/site.go``.
"""

from collections.abc import Iterator, Mapping

from reconcile.findings import Finding
from reconcile.skupper.definitions import ConfigValue, Network
from reconcile.skupper.sites import Site
from reconcile.skupper.v1.keys import KEYS


def check(network: Network, site: Site) -> Iterator[Finding]:
    """Find keys that this version of Skupper does not have; each refuses its site."""
    for key in sorted(site.config.keys() - KEYS.keys()):
        own = key in site.definition.config
        yield Finding(
            rule="unknown-config-key",
            message=f"{site.key}: {key} is not a key of a Skupper site's config. Remove it or correct its name",
            datafile=site.definition.path if own else network.path,
            pointer=("skupper", "config", key) if own else ("config", key),
            subject=site.subject,
        )


def data(site: Site) -> dict[str, str]:
    """The ``data`` of the site's ConfigMap, sorted by key."""
    separator = str(site.config.get("annotationSeparator", ","))
    entries = {KEYS[key].target: text(value, separator) for key, value in site.config.items()}
    return dict(sorted(entries.items()))


def text(value: ConfigValue, separator: str = ",") -> str:
    """One value as Skupper parses it: ``true``/``false``, digits, text, or ``k=v`` joined by `separator`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return separator.join(f"{key}={entry}" for key, entry in sorted(value.items()))
    return str(value)
