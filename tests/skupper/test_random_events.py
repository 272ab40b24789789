"""Whatever happens to a fleet, in whatever order: networks never join, and no link that could be up is down for long.

Each case is a series of events: sites move between networks, CAs and hosts change, tokens get lost or do not connect,
clusters do not answer for a while, and runs are killed half-way through their writes.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from reconcile.kinds import SECRET
from reconcile.skupper.v1.rotation import PROVE_WITHIN
from tests.skupper.played_fleet import NothingJoined, PlayedFleet, replace_ca

EVENTS = 10
"""Events in each case."""
CASES = range(30)
LONGEST_CUT = (PROVE_WITHIN + timedelta(seconds=30)).total_seconds()
"""Seconds for which a link may be without a connection that it could have: until a token is restored, by runs half
of whose writes are lost, and connects."""

Look = Callable[[PlayedFleet], None]

NAMES = tuple("abcdefgh")
EDGES = frozenset("gh")


class Chaos:
    """A fleet to which things happen."""

    def __init__(self, seed: int) -> None:
        self.drawn = random.Random(seed)
        networks = {"n": tuple("abcg"), "m": tuple("defh")}
        self.fleet = PlayedFleet(NAMES, networks, edges=EDGES, drawn=self.drawn, every=3)
        self.fleet.works = lambda _dialler, _issuer, token: token not in self.dead
        self.dead: set[str] = set()
        self.known: set[str] = set()
        self.serial = 100
        self.fleet.converge()
        self.events: list[Callable[[], None]] = [
            self.move,
            self.replace_ca,
            self.replace_ca,
            self.move_host,
            self.lose_a_token,
            self.silence,
        ]

    def move(self) -> None:
        """Two sites go to whichever network."""
        of = {site: network for network, sites in self.fleet.networks.items() for site in sites}
        for site in self.drawn.sample(NAMES, 2):
            of[site] = self.drawn.choice(["n", "m"])
        networks = {network: tuple(site for site in NAMES if of[site] == network) for network in ("n", "m")}
        if all(set(sites) - EDGES for sites in networks.values()):
            self.fleet.networks = networks

    def replace_ca(self) -> None:
        self.serial += 1
        replace_ca(self.fleet, self.drawn.choice(sorted(set(NAMES) - EDGES)), self.serial)

    def move_host(self) -> None:
        """The Route of a site gets another host, for which its certificate is valid."""
        name = self.drawn.choice(sorted(set(NAMES) - EDGES))
        self.fleet.move_host(name, f"net-{self.serial}.{name}.example.com")
        self.serial += 1

    def lose_a_token(self) -> None:
        name = self.drawn.choice(NAMES)
        tokens = sorted(self.fleet.tokens(name))
        if tokens:
            del self.fleet.fakes[name].bodies[SECRET, "net", self.drawn.choice(tokens)]

    def silence(self) -> None:
        """A cluster does not answer until the next event."""
        self.fleet.unread = frozenset({self.drawn.choice(NAMES)})

    def secrets(self) -> set[str]:
        """Every token, in use or parked."""
        return {name for fake in self.fleet.fakes.values() for kind, _, name in fake.bodies if kind == SECRET}

    def happen(self, looking: Callable[[PlayedFleet], Look]) -> None:
        """One event, and some time after it, at every second of which somebody looks who begins after the event."""
        self.fleet.unread = frozenset()
        self.known = self.secrets()
        kills, deadly = self.drawn.choice([0.0, 0.3, 0.5]), self.drawn.random() < 0.4
        self.drawn.choice(self.events)()
        look = looking(self.fleet)

        def see(fleet: PlayedFleet) -> None:
            new = self.secrets() - self.known
            self.known |= new
            self.dead |= new if deadly else set()
            look(fleet)

        self.fleet.run(self.drawn.randint(2, 100), kills=kills, look=see)


@pytest.mark.sampled(1, "each plays an hour of a fleet")
@pytest.mark.parametrize("seed", CASES)
def test_networks_never_join_and_the_declared_ones_come_up_in_the_end(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(EVENTS):
        # What is joined when the data changes is not joined by us.
        chaos.happen(NothingJoined)
    chaos.fleet.unread, chaos.dead = frozenset(), set()
    chaos.fleet.works = lambda *_: True
    chaos.fleet.run(300)
    found = {site: chaos.fleet.component(site) for site in NAMES}
    assert found == {site: frozenset(sites) for sites in chaos.fleet.networks.values() for site in sites}


@pytest.mark.sampled(1, "each plays an hour of a fleet")
@pytest.mark.parametrize("seed", CASES)
def test_no_link_that_could_be_up_is_down_for_long(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.events = [chaos.replace_ca, chaos.move_host, chaos.silence]
    down: dict[frozenset[str], int] = {}
    linked = {pair for pair in chaos.fleet.connections if not pair & EDGES}

    def look(fleet: PlayedFleet) -> None:
        for pair in linked:
            # Nobody can restore a token on a cluster that does not answer.
            counts = pair not in fleet.connections and not pair & fleet.unread
            down[pair] = down.get(pair, 0) + 1 if counts else 0
            assert down[pair] <= LONGEST_CUT

    for _ in range(EVENTS):
        chaos.happen(lambda _: look)
