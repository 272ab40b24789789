"""The ConfigMap ``skupper-site``: a site's typed configuration as strings for Skupper.

Source: ``pkg/site/site.go``.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

from reconcile.findings import Finding
from reconcile.skupper.definitions import ConfigValue, Network
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.key_rows import Effect
from reconcile.skupper.v1.keys import KEYS

_ANNOTATIONS = "controller-pod-annotations"
_READ_AT_START = frozenset(
    key.target for key in KEYS.values() if key.effect is Effect.RESTART and key.target != _ANNOTATIONS
)


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
    """The ``data`` of the site's ConfigMap, sorted by key.

    Some settings are read by the service-controller when it starts. Their hash is an annotation of its pods, which a
    site-controller applies at once: so it restarts when one changes, and its Deployment shows with which it runs.
    """
    separator = str(site.config.get("annotationSeparator", ","))
    entries = {KEYS[key].target: text(value, separator) for key, value in site.config.items()}
    started_with = {key: entries[key] for key in sorted(_READ_AT_START & entries.keys())}
    if started_with:
        annotation = f"{names.SETTINGS}={_hash(started_with)}"
        entries[_ANNOTATIONS] = separator.join(filter(None, (entries.get(_ANNOTATIONS), annotation)))
    return dict(sorted(entries.items()))


def pairs(value: str, config: Mapping[str, str]) -> set[tuple[str, str]]:
    """Read ``k=v`` pairs as Skupper does, by the separator of a ``skupper-site``."""
    separator = config.get("annotation-separator") or ","
    entries = (entry.partition("=") for entry in value.split(separator) if entry)
    return {(name, entry) for name, _, entry in entries}


def _hash(values: Mapping[str, str]) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()[:10]


def text(value: ConfigValue, separator: str = ",") -> str:
    """One value as Skupper parses it: ``true``/``false``, digits, text, or ``k=v`` joined by `separator`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return separator.join(f"{key}={entry}" for key, entry in sorted(value.items()))
    return str(value)
