"""The shape of a check and of its result.

A check is a row of a table: a name, which is that of its page in ``docs/checks``, what it is about, the checks that
must hold first, and a pure function that judges one subject.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.topology import Link

S = TypeVar("S")


class Outcome(StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 # nosec B105 # no password
    WARN = "warn"
    """Traffic does not suffer now, or whether it does cannot be said from here."""
    FAIL = "fail"
    UNKNOWN = "unknown"
    """It could not be tried: the account lacks a right, or something was not read."""
    SKIPPED = "skipped"
    """It was not tried, since a check that must hold first does not."""


class Command(NamedTuple):
    """A command for a person."""

    text: str
    """As it is typed: ``oc -n net get pods``."""
    cluster: str = ""
    """The cluster to be logged in to; empty if that does not matter."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict about one subject."""

    outcome: Outcome
    evidence: str
    """What was seen, as a clause with values."""
    hint: str = ""
    """What it means and what to do; empty if it passed."""
    command: Command | None = None
    """The literal next command; None if it passed, or if there is none."""


def passed(evidence: str) -> Judgement:
    """All is well, as the evidence shows."""
    return Judgement(Outcome.PASS, evidence)


def warned(evidence: str, hint: str, command: Command | None = None) -> Judgement:
    """Something needs attention and does not hurt now."""
    return Judgement(Outcome.WARN, evidence, hint, command)


def failed(evidence: str, hint: str, command: Command | None = None) -> Judgement:
    """Something is broken."""
    return Judgement(Outcome.FAIL, evidence, hint, command)


def unknown(evidence: str, hint: str = "", command: Command | None = None) -> Judgement:
    """It could not be tried."""
    return Judgement(Outcome.UNKNOWN, evidence, hint, command)


def oc(key: SiteKey, arguments: str) -> Command:
    """An ``oc`` command in the namespace of a site."""
    return Command(f"oc -n {key.namespace} {arguments}", key.cluster)


@dataclass(frozen=True, slots=True)
class Check(Generic[S]):
    """One check of subjects of one type: names of clusters, sites or links."""

    name: str
    """In kebab case; ``docs/checks/<name>.md`` is its page."""
    title: str
    """What holds if it passes: ``the API server answers``."""
    judge: Callable[[Facts, S], Judgement | None]
    """Pure and total. None: it does not apply to the subject."""
    after: tuple[str, ...] = ()
    """Checks of the same subject, or of one that it stands on, that must have passed or warned; else it is skipped."""

    @property
    def page(self) -> str:
        return f"docs/checks/{self.name}.md"


@dataclass(frozen=True, slots=True)
class Checks:
    """A table of checks, in the order in which they are made."""

    clusters: tuple[Check[str], ...] = ()
    sites: tuple[Check[Site], ...] = ()
    links: tuple[Check[Link], ...] = ()

    def __iter__(self) -> Iterator[Check[str] | Check[Site] | Check[Link]]:
        yield from self.clusters
        yield from self.sites
        yield from self.links

    @classmethod
    def joined(cls, tables: Iterable["Checks"]) -> "Checks":
        """One table of several, in their order."""
        found = tuple(tables)
        return cls(
            clusters=tuple(check for table in found for check in table.clusters),
            sites=tuple(check for table in found for check in table.sites),
            links=tuple(check for table in found for check in table.links),
        )


class SubjectKind(StrEnum):
    """What a result is about."""

    CLUSTER = "cluster"
    SITE = "site"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Result:
    """One check of one subject."""

    check: str
    title: str
    page: str
    kind: SubjectKind
    subject: str
    """Name of the cluster, ``cluster/namespace``, or ``dialler -> issuer``."""
    network: str
    """Empty for a cluster."""
    judgement: Judgement

    @property
    def outcome(self) -> Outcome:
        return self.judgement.outcome
