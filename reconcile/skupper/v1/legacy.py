"""Recognises objects of the legacy integration ``skupper_network``.

It labels everything that it applies, and since it labels the ConfigMap of a site, Skupper copies the labels to all
objects that it creates for the site. An object that another instance has adopted keeps those labels, but is no longer a
legacy object.

Source: ``reconcile/skupper_network`` and ``reconcile/utils/openshift_resource.py`` of qontract-reconcile.
"""

from reconcile.kinds import SECRET
from reconcile.skupper.live import LiveObject
from reconcile.skupper.ownership import INSTANCE
from reconcile.skupper.v1 import names

NAME = "skupper_network"
LABELS = {"app": names.SITE_CONTROLLER, "managed-by": "qontract-reconcile"}
SELECTOR = ",".join(f"{key}={value}" for key, value in LABELS.items())
RECEIVER = "token-receiver"
"""Label of requests and tokens: cluster and namespace of the dialler, joined and cut."""

_INTEGRATION = "qontract.integration"
_NAMES = frozenset({"skupper-network", NAME})
_LONGEST_LABEL = 63


def labelled(live: LiveObject) -> bool:
    """True for objects that ``skupper_network`` applied, and for those that Skupper created for its sites."""
    return LABELS.items() <= dict(live.labels).items()


def applied(live: LiveObject) -> bool:
    """True if ``skupper_network`` applied this object and it has not been adopted."""
    return labelled(live) and live.annotations.get(_INTEGRATION) in _NAMES and INSTANCE not in live.labels


def token(live: LiveObject) -> bool:
    """True for a request, an issued or a delivered token of ``skupper_network``, also after its adoption."""
    kinds = {names.REQUEST, names.TOKEN}
    return (
        live.key.kind == SECRET
        and labelled(live)
        and RECEIVER in live.labels
        and (live.labels.get(names.TYPE) in kinds or names.PARKED in live.annotations)
    )


def receiver(cluster: str, namespace: str) -> str:
    """The value of the label ``RECEIVER`` for a dialler."""
    return f"{cluster}-{namespace}"[:_LONGEST_LABEL]
