"""Rules about approvals: each names sites of its own network, on clusters of the data, and a date.

An error refuses nothing but the approval itself, which then approves less: what it was to allow is held by the guards.
"""

from collections.abc import Iterator

from reconcile.findings import Finding, Pointer
from reconcile.skupper import approvals
from reconcile.skupper.definitions import Network
from reconcile.skupper.desired import DesiredState
from reconcile.skupper.sites import SiteKey


def check(desired: DesiredState) -> Iterator[Finding]:
    """All findings about the approvals of all networks that do not depend on the time."""
    members = {site.key: site.network for site in desired.sites}
    for entry in desired.networks:
        network = entry.network
        for index, approval in enumerate(network.approvals):
            at: Pointer = ("approvals", index)
            if approvals.end(approval) is None:
                message = f"{approval.until} is not a date. Write the last day of the approval as YYYY-MM-DD"
                yield _finding(network, "approval-date", message, (*at, "until"))
            for number, text in enumerate(approval.sites):
                pointer = (*at, "sites", number)
                key = SiteKey.parse(text)
                if key is None:
                    yield _finding(
                        network, "approval-site", f"{text} is not a site. Write CLUSTER/NAMESPACE", pointer
                    )
                elif key.cluster not in desired.clusters:
                    message = (
                        f"the data has no cluster {key.cluster} with a serverUrl and a token, so nothing is approved "
                        f"there. Correct the name, or take {text} out of the approval"
                    )
                    yield _finding(network, "approval-cluster", message, pointer)
                elif members.get(key, network.identifier) != network.identifier:
                    message = (
                        f"{text} is a site of network {members[key]}: that is approved in the datafile of that "
                        "network only. Move it there"
                    )
                    yield _finding(network, "approval-network", message, pointer)


def _finding(network: Network, rule: str, message: str, pointer: Pointer) -> Finding:
    # Not about the network: an error there would stop all that a run does for it.
    return Finding(rule=rule, message=message, datafile=network.path, pointer=pointer)
