"""Prints the tables."""

import logging

from tests.bench import fleets, plans, runs
from tests.bench.measuring import Figure, milliseconds, seconds, show, times, yardstick

SIZES = (2, 4, 10)
"""Networks of six sites."""
SLOW = 0.3
"""Seconds by which a slow cluster answers late."""
APART = fleets.CLUSTERS[-1]
"""The cluster that is slow then."""


def main() -> None:
    """Measure everything; takes about a minute."""
    logging.disable(logging.CRITICAL)
    base = seconds(yardstick, tries=5)
    print(f"1 x is a yardstick of pure Python: {milliseconds(base)} here")
    show("Topology of one network, everyone reaches everyone", plans.topology_figures(base))
    with runs.box(1) as box:
        box.run()  # imports, the first keys of the simulation: not to be measured
    figures: list[Figure] = []
    smallest: runs.Ran | None = None
    for networks in SIZES:
        with runs.box(networks) as box:
            first, second = box.run(apart=APART), box.run()
            smallest = smallest or first
            figures += _run_figures(networks, first, second, smallest)
            if networks == SIZES[-1]:
                _planning(networks, box, base)
    show("Runs over a sandbox, the simulation's own work included", figures)
    if smallest:
        _slow_cluster(smallest)


def _planning(networks: int, box: runs.Box, base: float) -> None:
    sites = networks * fleets.SITES_PER_NETWORK
    title = f"Planning {sites} sites in {networks} networks on {len(fleets.CLUSTERS)} clusters"
    show(title, plans.planning_figures(box.sandbox, box.source, base))


def _run_figures(networks: int, first: runs.Ran, second: runs.Ran, smallest: runs.Ran) -> list[Figure]:
    sites = networks * fleets.SITES_PER_NETWORK
    per_site = first.requests.total() / sites
    reported = f"{first.requests.total()}, {first.writes} of them writes"
    return [
        Figure(
            f"{sites} sites, {len(first.links)} links: first run",
            times(first.seconds, smallest.seconds),
            milliseconds(first.seconds),
        ),
        Figure("  its requests per site", f"{per_site:.1f}", reported),
        Figure(
            "  second run, against the first",
            times(second.seconds, first.seconds),
            milliseconds(second.seconds),
        ),
        Figure("  its requests per cluster", str(second.most_requests), f"{second.writes} writes"),
    ]


def _slow_cluster(quick: runs.Ran) -> None:
    with runs.box(SIZES[0]) as box:
        box.slow_down(APART, SLOW)
        late = box.run(apart=APART)
    figures = [
        Figure("the whole run", times(late.seconds, quick.seconds), milliseconds(late.seconds)),
        Figure(
            "until the links among the others are up",
            times(late.others_up, quick.others_up),
            milliseconds(late.others_up),
        ),
    ]
    show(f"One of {len(fleets.CLUSTERS)} clusters answers {milliseconds(SLOW)} late, against none", figures)


if __name__ == "__main__":
    main()
