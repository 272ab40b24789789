"""Draws events, has runs follow them, and checks that the fleet converges to what is declared."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.clusters.backends import Backend
from tests.soak import changes_of_clusters, changes_of_data, disturbed_runs, orders
from tests.soak.fleet import DAY, SoakFleet, soak_fleet
from tests.soak.table import EVENTS, Event

MODULES = (changes_of_data, changes_of_clusters, disturbed_runs, orders)
"""They fill the table."""
MOST_RUNS, MOST_IDLE = 20, 3
"""Undisturbed runs within which a fleet converges, since waves go from site to site; and those in a row without a
write."""
EVERY = 300.0
"""Seconds from one run to the next, as by a schedule."""


@dataclass
class Soak:
    """A fleet and what has happened to it."""

    fleet: SoakFleet
    seed: str
    events: list[str] = field(default_factory=list)
    steps: int = 0

    def happen(self, wished: int) -> None:
        """Let so many events happen before one run, and see the fleet converge."""
        self.steps += 1
        # Each step draws for itself: what one of them needs does not shift the draws of the next.
        self.fleet.draw = draw = random.Random(f"{self.seed} {self.steps}")
        happened = 0
        for chosen in sorted(EVENTS, key=lambda each: draw.random() ** (1 / each.weight), reverse=True):
            if happened < wished and not (chosen.first and happened):
                happened += self._happens(chosen)
        self.converge()

    def converge(self) -> None:
        """Run until nothing is left to do; fail if that takes too many runs."""
        fleet = self.fleet
        fleet.begin()
        if fleet.disturbances or fleet.way or fleet.order:
            (fleet.way or fleet.run)()
            fleet.calm()
        idle = 0
        for _ in range(MOST_RUNS):
            result = fleet.run()
            faults = list(fleet.faults(result))
            idle = 0 if result.writes else idle + 1
            if not faults or idle == MOST_IDLE:
                break
            fleet.clock.advance(DAY if "removal-budget" in result.errors else EVERY)
        assert not faults, "it does not converge:\n  " + "\n  ".join(faults)
        fleet.invariants.check(fleet.outputs)
        fleet.outputs.clear()
        fleet.broken.clear()
        fleet.data.forget_done()

    def rest(self) -> None:
        """See that a further run writes nothing."""
        result = self.fleet.run()
        assert (result.writes, result.actions) == (0, []), result.actions

    def _happens(self, chosen: Event) -> bool:
        """Have an event happen if it can."""
        self.fleet.invariants.pause()
        self.events.append(f"{self.steps}. {chosen.name} …")
        text = chosen.happen(self.fleet)
        self.events.pop()
        if text:
            self.events.append(f"{self.steps}. {text}")
        return bool(text)


@contextmanager
def soak(backend: Backend, seed: str) -> Iterator[Soak]:
    """A fleet after its first run. What fails while it lives says what has happened so far."""
    with soak_fleet(backend, random.Random(seed).randrange(10**6)) as fleet:
        made = Soak(fleet, seed)
        try:
            made.converge()
            yield made
        except Exception as error:
            again = f"--seed {os.environ.get('PYTEST_SEED', seed)}"
            error.add_note(f"after these {len(made.events)} events, which {again} draws again:")
            for line in made.events:
                error.add_note(f"  {line}")
            raise
