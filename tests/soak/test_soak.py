"""Whatever happens to a fleet, at once or one after the other, it converges to what is declared.

A failure lists the events so far. ``make test`` plays the same few events each time; ``make proof`` draws many others,
and the head of the test run says how to draw them again.
"""

import random

import pytest

from tests.clusters.backends import Backend
from tests.soak.playing import soak

EVENTS, SAMPLE = 300, 20
CROWDED, QUIET = (10,), (2, 4, 8, 16)
"""How many events happen before one run: runs are what costs, so the sample has few of them."""
SEED = "31"
"""Of the sample."""
REST = 4
"""After so many steps a further run is made, which writes nothing."""


@pytest.mark.simulation("watches every write and every connection of the clusters as they happen")
@pytest.mark.timeout(1800)
def test_whatever_happens_the_fleet_converges_to_what_is_declared(
    backend: Backend, draw: random.Random, proof: bool
) -> None:
    sizes = random.Random(draw.getrandbits(32) if proof else SEED)
    with soak(backend, str(draw.getrandbits(32)) if proof else SEED) as fleet:
        while left := (EVENTS if proof else SAMPLE) - len(fleet.events):
            fleet.happen(min(left, sizes.choice(QUIET if proof else CROWDED)))
            if fleet.steps % REST == 0:
                fleet.rest()
        fleet.rest()
