"""Dials the issuers of links from this machine."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from reconcile.apply import probe
from reconcile.apply.executing import Clusters
from reconcile.skupper.diagnosis import probe_answer
from reconcile.skupper.diagnosis.facts import Address, Dialled, Reach, Untried
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.topology import Link

STEP = 5.0
"""Seconds for each step at one address."""
THREADS = 16

Reached = Mapping[Link, Reach | Untried]
Dial = Callable[[Mapping[Link, Dialled], Clusters, Ownership], Reached]
"""Probes where links dial; a link that was not dialled has no entry."""


def nothing(_: Mapping[Link, Dialled], __: Clusters, ___: Ownership) -> Reached:
    """Dial none of the links."""
    return {}


def from_here(dialled: Mapping[Link, Dialled], _: Clusters, __: Ownership) -> Reached:
    """Dial each link whose address is known outside of its cluster."""
    outside = {link: each.address for link, each in dialled.items() if each.address and not each.inside}
    found = reach(outside.values())
    return {link: found[address] for link, address in outside.items()}


def reach(addresses: Iterable[Address], *, step: float = STEP) -> dict[Address, Reach]:
    """Probe each address once, in parallel; never raises."""
    wanted = sorted(set(addresses))
    if not wanted:
        return {}
    # A resolver that hangs is not to be interrupted, so there is a limit for all, too.
    limit = 3 * step * (1 + len(wanted) // THREADS)
    pool = ThreadPoolExecutor(min(THREADS, len(wanted)), thread_name_prefix="dial")
    futures = {address: pool.submit(probe.dial, *address, step) for address in wanted}
    wait(futures.values(), timeout=limit)
    pool.shutdown(wait=False, cancel_futures=True)
    return {
        address: probe_answer.reach(future.result())
        if future.done() and not future.cancelled()
        else Reach(not_resolved=f"no answer within {limit:g} s")
        for address, future in futures.items()
    }
