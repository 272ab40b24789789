"""Whatever happens to a fleet, at once or one after the other, it converges to what is declared: ``make soak``.

A failure lists the events so far. The head of the test run says how to draw the same ones again. It is no part of
``make test`` and ``make proof``: it finds faults that docs/limits.md lists.
"""

import random

import pytest

from tests.clusters.backends import Backend
from tests.soak.playing import soak

EVENTS, SAMPLE = 300, 40
CROWDED, QUIET = (3, 4, 5, 6), (1, 2, 3, 4)
"""How many events happen before one run: runs are what costs, so the sample has few of them."""


@pytest.mark.simulation("watches every write and every connection of the clusters as they happen")
@pytest.mark.timeout(1200)
def test_whatever_happens_the_fleet_converges_to_what_is_declared(
    backend: Backend, draw: random.Random, proof: bool
) -> None:
    with soak(backend, str(draw.getrandbits(32))) as fleet:
        while len(fleet.events) < (EVENTS if proof else SAMPLE):
            fleet.happen(draw.choice(QUIET if proof else CROWDED))
            if proof:
                fleet.rest()
        fleet.rest()
