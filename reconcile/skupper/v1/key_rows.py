"""Building blocks for the table of config keys: effects of a change, and rows that come in groups."""

import re
from enum import StrEnum

from reconcile.skupper.config_keys import ConfigKey, ValueType
from reconcile.skupper.v1.value_types import CPU, MEMORY, POD_LABELS


class Effect(StrEnum):
    """What a changed value does to a running site, as a clause."""

    ROLLOUT = "restarts the routers of the site"
    NEXT_LINKS = "applies to new tokens and connectors only; existing Services and certificates are unchanged"
    RESTART = "restarts the service-controller of the site"
    RECREATE_DEPLOYMENTS = "takes effect only when both Skupper deployments are recreated"
    RECREATE_SITE = "takes effect only when the site is recreated"


def key(
    name: str,
    value: ValueType,
    description: str,
    effect: Effect = Effect.RECREATE_DEPLOYMENTS,
    *,
    default: str = "",
    since: str = "",
    short_for: str = "",
    confidential: bool = False,
) -> ConfigKey:
    """One row. The ConfigMap has its name in kebab-case; a short form has the key that it is short for.

    The site-controller ignores a change of most keys until both deployments are recreated, hence the default effect.
    """
    return ConfigKey(
        name=name,
        type=value,
        description=description,
        target=re.sub("(?=[A-Z])", "-", short_for or name).lower(),
        effect=effect,
        default=default,
        since=since,
        short_for=short_for,
        confidential=confidential,
    )


def resources(prefix: str, owner: str, *, since: str = "", note: str = "") -> tuple[ConfigKey, ...]:
    """Requests and limits of one container; `note` is appended to each description."""
    rows = []
    for resource, word, value in (("Cpu", "CPU", CPU), ("Memory", "Memory", MEMORY)):
        request = f"{word} request of {owner}. {note}".rstrip()
        limit = f"{word} limit of {owner}; the request, if only that is set. {note}".rstrip()
        rows.append(key(f"{prefix}{resource}", value, request, since=since))
        rows.append(key(f"{prefix}{resource}Limit", value, limit, since=since))
    return tuple(rows)


def scheduling(prefix: str, owner: str) -> tuple[ConfigKey, ...]:
    """Which nodes the pods of one deployment run on."""
    return (
        key(f"{prefix}PodAffinity", POD_LABELS, "Prefer nodes that run pods with these labels."),
        key(f"{prefix}PodAntiaffinity", POD_LABELS, "Prefer nodes that do not run pods with these labels."),
        key(f"{prefix}NodeSelector", POD_LABELS, f"Run {owner} only on nodes with these labels."),
    )
