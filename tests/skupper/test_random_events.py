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
CASES = [
    pytest.param(seed, marks=() if seed < 4 else pytest.mark.exhaustive("4 cases are a sample"))
    for seed in range(30)
]
LONGEST_CUT = (PROVE_WITHIN + timedelta(seconds=15)).total_seconds()
"""Seconds for which a link may be without a connection that it could have: until a token is restored and connects."""

Look = Callable[[PlayedFleet], None]

NAMES = tuple("abcdefgh")
EDGES = frozenset("gh")


class Chaos:
    """A fleet to which things happen."""

    def __init__(self, seed: int) -> None:
        self.drawn = random.Random(seed)
        networks = {"n": tuple("abcg"), "m": tuple("defh")}
        self.fleet = PlayedFleet(NAMES, networks, edges=EDGES, drawn=self.drawn)
        self.fleet.works = lambda _dialler, _issuer, token: token not in self.dead
        self.dead: set[str] = set()
        self.known: set[str] = set()
        self.serial = 100
        self.fleet.settle()
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

    def happen(self, looking: Callable[[PlayedFleet], Look]) -> None:
        """One event, and some time after it, at every second of which somebody looks who begins after the event."""
        self.fleet.unread = frozenset()
        self.known = set().union(*(self.fleet.tokens(name) for name in NAMES))
        kills, deadly = self.drawn.choice([0.0, 0.3, 0.9]), self.drawn.random() < 0.4
        self.drawn.choice(self.events)()
        look = looking(self.fleet)

        def see(fleet: PlayedFleet) -> None:
            for name in NAMES:
                for token in set(fleet.tokens(name)) - self.known:
                    self.known.add(token)
                    if deadly:
                        self.dead.add(token)
            look(fleet)

        self.fleet.run(self.drawn.randint(2, 150), kills=kills, look=see)


@pytest.mark.parametrize("seed", CASES)
def test_networks_never_join(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(EVENTS):
        # What is joined when the data changes is not joined by us.
        chaos.happen(NothingJoined)


@pytest.mark.parametrize("seed", CASES)
def test_a_fleet_that_is_left_alone_ends_with_the_declared_networks(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(EVENTS):
        chaos.happen(lambda _: lambda _: None)
    chaos.fleet.unread, chaos.dead = frozenset(), set()
    chaos.fleet.works = lambda *_: True
    chaos.fleet.run(400)
    found = {site: chaos.fleet.component(site) for site in NAMES}
    assert found == {site: frozenset(sites) for sites in chaos.fleet.networks.values() for site in sites}


@pytest.mark.parametrize("seed", CASES)
def test_no_link_that_could_be_up_is_down_for_long(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.events = [chaos.replace_ca, chaos.move_host, chaos.silence]
    down: dict[frozenset[str], int] = {}
    linked = {pair for pair in chaos.fleet.connections if not pair & EDGES}

    def look(fleet: PlayedFleet) -> None:
        for pair in linked:
            down[pair] = 0 if pair in fleet.connections else down.get(pair, 0) + 1
            assert down[pair] <= LONGEST_CUT

    for _ in range(EVENTS):
        chaos.happen(lambda _: look)
