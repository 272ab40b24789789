"""When a connection shows as a link, and which of several."""

from dataclasses import replace

import pytest

from reconcile.sandbox.skupper.link_records import LinkRecord, LinkRecords
from reconcile.sandbox.skupper.states import Link
from reconcile.sandbox.skupper.timing import REAL

A, B, C = ("east", "a"), ("east", "b"), ("east", "c")
SOON, LATER = 10.0, 30.0
"""Seconds within which no link shows, and after which every one does."""


def connection(
    name: str, dialler: tuple[str, str] = A, issuer: tuple[str, str] = B, **fields: object
) -> Link:
    link = Link(dialler=dialler, connector=name, issuer=issuer, role="inter-router", cost=1)
    return replace(link, **fields)  # type: ignore[arg-type]


@pytest.fixture
def records() -> LinkRecords:
    return LinkRecords(REAL)


def shown(records: LinkRecords, site: tuple[str, str] = A) -> list[str]:
    return [record.link.connector for record in records.of(site)]


def converged(records: LinkRecords, *links: Link) -> LinkRecord:
    """Let connections stand until they show; return the record of the dialler."""
    records.update(links, 0)
    records.update(links, LATER)
    (record,) = records.of(A)
    return record


@pytest.mark.parametrize("site", [A, B])
def test_a_connection_does_not_show_at_once(records: LinkRecords, site: tuple[str, str]) -> None:
    records.update([connection("one")], 0)
    records.update([connection("one")], SOON - 0.1)

    assert shown(records, site) == []


@pytest.mark.parametrize("site", [A, B])
def test_a_connection_shows_after_half_a_minute(records: LinkRecords, site: tuple[str, str]) -> None:
    records.update([connection("one")], 0)
    records.update([connection("one")], LATER)

    assert shown(records, site) == ["one"]


def test_the_two_ends_begin_at_moments_of_their_own(records: LinkRecords) -> None:
    converged(records, connection("one"))
    (here,), (there,) = records.of(A), records.of(B)

    assert here.start != there.start


def test_it_is_known_when_the_next_record_begins(records: LinkRecords) -> None:
    records.update([connection("one")], 0)
    due = records.due()
    assert due is not None
    records.update([connection("one")], due)

    assert len(records.of(A)) + len(records.of(B)) == 1


def test_a_second_connection_leaves_the_record_as_it_is(records: LinkRecords) -> None:
    record = converged(records, connection("one"))
    records.update([connection("one"), connection("two", since=40)], 40)
    records.update([connection("one"), connection("two", since=40)], 100)

    assert records.of(A) == (record,)


def test_the_record_ends_at_once_with_its_connection_though_there_is_another(records: LinkRecords) -> None:
    both = connection("one"), connection("two", since=1)
    converged(records, *both)
    records.update(both[1:], 60)

    assert (shown(records, A), shown(records, B)) == ([], [])


def test_the_record_of_the_connection_that_is_left_begins_later(records: LinkRecords) -> None:
    both = connection("one"), connection("two", since=1)
    converged(records, *both)
    records.update(both[1:], 60)
    records.update(both[1:], 60 + LATER)

    (record,) = records.of(A)
    assert record.link.connector == "two"
    assert 60 + SOON <= record.start <= 60 + LATER


def test_of_two_sites_that_dial_each_other_the_first_connection_shows(records: LinkRecords) -> None:
    converged(records, connection("theirs", B, A), connection("ours", A, B, since=1))

    assert (shown(records, A), shown(records, B)) == (["theirs"], ["theirs"])


def test_an_interior_site_has_no_record_of_its_edge_sites(records: LinkRecords) -> None:
    converged(records, connection("one", role="edge"))

    assert shown(records, B) == []


def test_an_uplink_that_was_on_standby_shows_soon_after_it_takes_over(records: LinkRecords) -> None:
    converged(records, connection("one", role="edge"))
    other = connection("two", issuer=C, role="edge", since=60)
    records.update([other], 60)
    records.update([other], 62)

    assert shown(records, A) == ["two"]


def test_a_restarted_router_shows_as_a_new_link(records: LinkRecords) -> None:
    converged(records, connection("one", issuer_routers=("b-1",)))
    restarted = connection("one", issuer_routers=("b-2",), since=60)
    records.update([restarted], 60)

    assert shown(records, A) == []
