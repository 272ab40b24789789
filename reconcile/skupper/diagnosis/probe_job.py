"""The Job that dials issuers from inside the namespace of a dialler.

It runs the image of that site's router, which the cluster can pull and which has Python, as that router's pods run: by
the same ServiceAccount, on the same nodes, with the same DNS. Its labels are not those of the router, since Services
would send it traffic; so NetworkPolicies for the whole namespace apply to it, and those for the router alone do not.

It has no token, mounts nothing, and cannot outlive the program by much if that is killed: Kubernetes ends it after
`LASTS` and deletes it after `KEPT` more.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconcile.kinds import JOB
from reconcile.skupper.certificates import Certificate
from reconcile.skupper.diagnosis.facts import Address, Dialled, RouterPod
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link

PREFIX = "qontract-skupper-probe-"
LABEL = "qontract-skupper/probe"
"""Its value is the name of the Job; the Job and its pod have it besides our two labels."""
CONTAINER = "probe"
PATIENCE = 60.0
"""Seconds that the answer of a Job is waited for."""
LASTS = 90
"""Seconds after which Kubernetes ends a Job: later than we do, so that its pod can still be seen by then."""
KEPT = 60
"""Seconds that a Job is kept that nobody deletes."""
STEP, WITHIN = 5.0, 20.0
"""Seconds for one step at one address, and for all addresses of a pod together."""
MOST = 8
"""Addresses of one Job: what is reported of so many always fits into the termination message of a container."""

_SHARED = frozenset(
    {
        "serviceAccountName",
        "imagePullSecrets",
        "nodeSelector",
        "tolerations",
        "dnsPolicy",
        "dnsConfig",
        "hostAliases",
    }
)
"""Fields in which the pod is like those of the router."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What one pod dials."""

    at: SiteKey
    router: RouterPod
    targets: Mapping[Address, Certificate]
    """With the certificate that is expected there; at most `MOST`."""


def probes(dialled: Mapping[Link, Dialled]) -> Iterator[Probe]:
    """What to dial from where: one probe for each dialler, or more for one with many issuers."""
    wanted: dict[SiteKey, dict[Address, Dialled]] = {}
    for link, found in dialled.items():
        if found.address and _reachable(link, found):
            wanted.setdefault(link.dialler, {})[found.address] = found
    for key, targets in sorted(wanted.items()):
        addresses = sorted(targets)
        for first in range(0, len(addresses), MOST):
            batch = addresses[first : first + MOST]
            expected = {address: targets[address].certificate for address in batch}
            yield Probe(key, targets[batch[0]].router, expected)


def _reachable(link: Link, found: Dialled) -> bool:
    """An address inside of a cluster means nothing in another one."""
    return not found.inside or link.dialler.cluster == link.issuer.cluster


def manifest(
    probe: Probe, name: str, labels: Mapping[str, str], program: str, image: str = ""
) -> dict[str, Any]:
    """The body of the Job. `program` is Python and is called with the arguments of `reconcile.apply.probe.report`.

    `image` replaces that of the router.
    """
    targets = [[*address, expected.fingerprint] for address, expected in probe.targets.items()]
    # Kubernetes would take a dollar sign for the start of a variable.
    argument = json.dumps([targets, STEP, WITHIN]).replace("$", "\\u0024")
    marked = {**labels, LABEL: name}
    container = {
        "name": CONTAINER,
        "image": image or probe.router.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-I", "-c", program, argument],
        "resources": {
            "requests": {"cpu": "10m", "memory": "32Mi"},
            "limits": {"cpu": "200m", "memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    pod = {
        **{field: value for field, value in probe.router.spec.items() if field in _SHARED},
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.name,
        "metadata": {"name": name, "namespace": probe.at.namespace, "labels": marked},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": LASTS,
            "ttlSecondsAfterFinished": KEPT,
            "template": {"metadata": {"labels": marked}, "spec": pod},
        },
    }
