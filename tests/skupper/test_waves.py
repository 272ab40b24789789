"""Sites of a network are disrupted one at a time, and nobody who has two paths loses both."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waves import Disruption, Obstacle, Paths, Situation, Turn, turns

ROUTER = Disruption("its router restarts", timedelta(seconds=30))
CONTROLLER = Disruption("its service-controller restarts")


def key(name: str) -> SiteKey:
    return SiteKey(name, "net")


def links(*pairs: str) -> list[Link]:
    """``links("ab", "bc")``: a dials b, b dials c."""
    return [Link(key(pair[0]), key(pair[1])) for pair in pairs]


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OVERDUE = replace(ROUTER, latest=NOON)
SOON = replace(ROUTER, latest=NOON + timedelta(minutes=1))


def planned(
    wanted: str,
    declared: Iterable[Link],
    *,
    up: Iterable[Link] | None = None,
    obstacles: Iterable[Obstacle] = (),
    edges: str = "",
    disruption: Disruption = ROUTER,
    other: Mapping[str, Disruption] | None = None,
) -> dict[str, Turn]:
    leaves = frozenset(map(key, edges))
    declared = list(declared)
    situation = Situation(
        Paths(declared, leaves), Paths(declared if up is None else list(up), leaves), list(obstacles), NOON
    )
    every = dict.fromkeys(wanted, disruption) | dict(other or {})
    found = turns({key(name): each for name, each in every.items()}, situation)
    return {site.cluster: turn for site, turn in found.items()}


def down(*names: str, passing: bool = False) -> Obstacle:
    return Obstacle(frozenset(map(key, names)), f"{'-'.join(names)} is down", passing=passing)


TRIANGLE = links("ab", "bc", "ca")
CHAIN = links("ab", "bc")


def now(found: dict[str, Turn]) -> list[str]:
    return [name for name, turn in found.items() if turn.now]


def test_one_site_goes_and_the_others_have_their_wave():
    found = planned("abc", TRIANGLE)
    assert [f"{name}: {turn}" for name, turn in found.items()] == [
        "a: wave 1 of 3",
        "b: wave 2 of 3",
        "c: wave 3 of 3",
    ]
    assert now(found) == ["a"]


def test_the_canary_has_the_fewest_links():
    assert now(planned("abcd", [*TRIANGLE, *links("da", "db")])) == ["c"]


def test_a_site_that_connects_others_without_a_second_path_is_last_and_names_them():
    found = planned("abc", CHAIN)
    assert (list(found), found["b"].interrupts) == (["a", "c", "b"], (key("a"), key("c")))


def test_what_breaks_no_link_interrupts_nobody():
    assert planned("abc", CHAIN, disruption=CONTROLLER)["b"].interrupts == ()


def test_of_two_sites_each_interrupts_the_other():
    found = planned("ab", links("ab"))
    assert (found["a"].interrupts, now(found)) == ((key("b"),), ["a"])


def test_an_edge_site_is_no_path_for_others():
    found = planned("a", [*links("ea", "ec"), *links("ab")], edges="e")
    assert key("b") in found["a"].interrupts


def test_while_one_site_is_not_back_it_is_the_first_wave_and_the_others_wait():
    found = planned("bc", TRIANGLE, obstacles=[down("a", passing=True)])
    assert [str(turn) for turn in found.values()] == ["wave 2 of 3", "wave 3 of 3"]
    assert (now(found), found["b"].stopped) == ([], False)


def test_what_is_broken_elsewhere_stops_everything():
    found = planned("bc", TRIANGLE, obstacles=[down("a")])
    assert (now(found), found["b"].stopped) == ([], True)


def test_a_broken_site_itself_may_be_changed_before_the_others():
    found = planned("abc", TRIANGLE, obstacles=[down("c"), down("c", "a")])
    assert now(found) == ["c"]


def test_a_site_waits_while_a_neighbour_has_no_other_link_that_is_known_to_work():
    found = planned("a", TRIANGLE, up=links("ab", "ca"))
    assert found["a"].obstacle is not None
    assert "b/net, c/net would lose the last path" in found["a"].obstacle.reason


def test_a_site_that_has_no_path_anyway_is_no_reason_to_wait():
    found = planned("a", [*TRIANGLE, *links("da", "db")], up=TRIANGLE)
    assert now(found) == ["a"]


def test_two_disruptions_of_a_site_are_one_that_lasts_as_long_as_the_longest():
    assert Disruption.worst([CONTROLLER, ROUTER]).downtime == ROUTER.downtime


class TestOverdue:
    """What must not be late, such as the end of a leaked credential."""

    def test_it_goes_first_whatever_is_broken_elsewhere(self):
        found = planned("ab", TRIANGLE, obstacles=[down("a"), down("b")], other={"c": OVERDUE})
        assert (list(found), now(found)) == (["c", "a", "b"], ["c"])

    def test_it_goes_although_a_neighbour_loses_its_last_path(self):
        assert now(planned("a", TRIANGLE, up=links("ab", "ca"), disruption=OVERDUE)) == ["a"]

    def test_it_waits_for_a_site_that_is_being_disrupted(self):
        assert now(planned("a", TRIANGLE, obstacles=[down("b", passing=True)], disruption=OVERDUE)) == []

    def test_it_waits_for_a_link_that_is_being_made_around_it(self):
        assert now(planned("a", TRIANGLE, obstacles=[down("b", "c", passing=True)], disruption=OVERDUE)) == []

    def test_it_does_not_wait_for_its_own_links_nor_for_those_far_away(self):
        chain = links("ab", "bc", "cd")
        passing = [down("a", "b", passing=True), down("c", "d", passing=True)]
        assert now(planned("b", TRIANGLE, obstacles=passing[:1], disruption=OVERDUE)) == ["b"]
        assert now(planned("a", chain, obstacles=passing, disruption=OVERDUE)) == ["a"]

    def test_two_of_them_take_turns(self):
        found = planned("ab", TRIANGLE, disruption=OVERDUE)
        assert ([str(turn) for turn in found.values()], now(found)) == (["wave 1 of 2", "wave 2 of 2"], ["a"])

    def test_until_then_it_waits_as_any_other_and_comes_by_itself(self):
        found = planned("a", TRIANGLE, obstacles=[down("b")], disruption=SOON)
        assert (now(found), found["a"].stopped) == ([], False)

    def test_a_site_with_two_disruptions_is_overdue_when_one_of_them_is(self):
        assert Disruption.worst([ROUTER, SOON, OVERDUE]).latest == NOON


@dataclass
class Fleet:
    """Any network, whose sites come back from a disruption at the next look, unless they fail."""

    declared: list[Link]
    edges: frozenset[SiteKey]
    wanted: set[SiteKey]
    failing: frozenset[SiteKey] = frozenset()
    under_way: set[SiteKey] = field(default_factory=set)
    begun: list[SiteKey] = field(default_factory=list)

    def look(self) -> dict[SiteKey, Turn]:
        """What a run sees that knows nothing of the runs before it."""
        obstacles = [
            Obstacle(frozenset({site}), "", passing=site not in self.failing) for site in self.under_way
        ]
        situation = Situation(Paths(self.declared, self.edges), Paths(self.up, self.edges), obstacles)
        return dict(turns(dict.fromkeys(self.wanted, ROUTER), situation))

    @property
    def up(self) -> list[Link]:
        return [link for link in self.declared if not self.under_way & {link.dialler, link.issuer}]

    def step(self) -> list[tuple[SiteKey, Turn]]:
        """Begin what may begin; what was begun before is back, if it ever comes back."""
        ready = [(site, turn) for site, turn in self.look().items() if turn.now]
        self.under_way &= self.failing
        for site, _ in ready:
            self.wanted.discard(site)
            self.under_way.add(site)
            self.begun.append(site)
        return ready

    def without_path(self, missing: SiteKey | None) -> set[SiteKey]:
        """By networkx: the sites outside of the largest connected part, or without a link, while one is missing."""
        graph: nx.Graph = nx.Graph()
        core = [(link.dialler, link.issuer) for link in self.declared if link.dialler not in self.edges]
        sites = {end for link in self.declared for end in (link.dialler, link.issuer)} - {missing}
        graph.add_nodes_from(sites - self.edges)
        graph.add_edges_from(pair for pair in core if missing not in pair)
        parts = [
            part
            | {
                link.dialler
                for link in self.declared
                if link.dialler in self.edges and link.issuer in part and link.dialler != missing
            }
            for part in nx.connected_components(graph)
        ]
        largest = max(map(len, parts), default=0)
        if largest < 2:
            return sites
        # Of several parts that are as large either may be the one that counts.
        return min((sites - part for part in parts if len(part) == largest), key=len)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    interior = [key(f"i{number}") for number in range(draw(st.integers(1, 6)))]
    edges = [key(f"e{number}") for number in range(draw(st.integers(0, 3)))]
    found = [Link(site, draw(st.sampled_from(interior[:at]))) for at, site in enumerate(interior) if at]
    pairs = [Link(one, other) for at, one in enumerate(interior) for other in interior[:at]]
    found += draw(st.lists(st.sampled_from(pairs), max_size=6)) if pairs else []
    for edge in edges:
        found += [
            Link(edge, issuer) for issuer in draw(st.sets(st.sampled_from(interior), min_size=1, max_size=2))
        ]
    sites = [*interior, *edges]
    return Fleet(sorted(set(found)), frozenset(edges), set(draw(st.sets(st.sampled_from(sites), min_size=1))))


def rounds(fleet: Fleet) -> Iterator[list[tuple[SiteKey, Turn]]]:
    for _ in range(2 * len(fleet.wanted) + 2):
        yield fleet.step()


@given(fleets())
def test_every_site_has_its_turn_and_never_two_at_once(fleet: Fleet):
    wanted = set(fleet.wanted)
    for ready in rounds(fleet):
        assert len(ready) <= 1
        assert len(fleet.under_way) <= 1
    assert (sorted(fleet.begun), fleet.wanted) == (sorted(wanted), set())


@given(fleets())
def test_who_is_cut_off_was_named_before(fleet: Fleet):
    for ready in rounds(fleet):
        for site, turn in ready:
            assert len(turn.interrupts) == len(fleet.without_path(site))


@given(fleets())
def test_those_that_interrupt_others_are_last(fleet: Fleet):
    interrupting = [bool(turn.interrupts) for ready in rounds(fleet) for _, turn in ready]
    assert interrupting == sorted(interrupting)


@given(fleets(), st.data())
def test_a_site_that_does_not_come_back_stops_all_that_would_follow(fleet: Fleet, data: st.DataObject):
    failing = data.draw(st.sampled_from(sorted(fleet.wanted)))
    fleet.failing = frozenset({failing})
    for _ in rounds(fleet):
        pass
    assert fleet.begun[-1] == failing


@given(fleets())
def test_the_number_of_waves_is_that_of_the_sites_left(fleet: Fleet):
    found = fleet.look()
    assert sorted(turn.wave for turn in found.values()) == list(range(1, len(fleet.wanted) + 1))
    assert {turn.waves for turn in found.values()} == {len(fleet.wanted)}
