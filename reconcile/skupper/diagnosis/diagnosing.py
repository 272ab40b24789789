"""Evaluates a table of checks over a scope.

A check is skipped if one that must hold first did not pass, of the same subject or of one that it stands on: a site
stands on its cluster, a link on both of its sites and their clusters.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from reconcile.skupper.diagnosis.checks import Check, Checks, Judgement, Outcome, Result, SubjectKind
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.diagnosis.scope import Scope

S = TypeVar("S")

_HOLDS = frozenset({Outcome.PASS, Outcome.WARN})


def diagnose(facts: Facts, scope: Scope, tables: Mapping[str, Checks]) -> tuple[Result, ...]:
    """The results of all checks, by cluster, site and link; a check that does not apply has none.

    `tables` has the checks for the sites and links of each network. A cluster gets those of all of them, each once.
    """
    outcomes: dict[tuple[str, str], Result] = {}
    of_clusters = {check.name: check for table in tables.values() for check in table.clusters}
    for name in scope.clusters:
        _each(facts, name, (SubjectKind.CLUSTER, name, ""), tuple(of_clusters.values()), (), outcomes)
    for site in scope.sites:
        what = (SubjectKind.SITE, str(site.key), site.network)
        _each(facts, site, what, tables[site.network].sites, (site.cluster.name,), outcomes)
    for network, link in scope.links:
        ends = (link.dialler, link.issuer)
        stands_on = (*(end.cluster for end in ends), *map(str, ends))
        what = (SubjectKind.LINK, str(link), network)
        _each(facts, link, what, tables[network].links, stands_on, outcomes)
    return tuple(outcomes.values())


def _each(
    facts: Facts,
    subject: S,
    what: tuple[SubjectKind, str, str],
    checks: Sequence[Check[S]],
    stands_on: Sequence[str],
    outcomes: dict[tuple[str, str], Result],
) -> None:
    kind, name, network = what
    for check in checks:
        broken = _broken(check, (name, *stands_on), outcomes)
        judgement = _skipped(broken) if broken else check.judge(facts, subject)
        if judgement is not None:
            outcomes[name, check.name] = Result(
                check.name, check.title, check.page, kind, name, network, judgement
            )


def _broken(
    check: Check[S], subjects: Sequence[str], outcomes: dict[tuple[str, str], Result]
) -> Result | None:
    """The first result that this check needs to hold and that does not."""
    needed = (outcomes.get((subject, name)) for name in check.after for subject in subjects)
    return next((result for result in needed if result and result.outcome not in _HOLDS), None)


def _skipped(broken: Result) -> Judgement:
    return Judgement(
        Outcome.SKIPPED,
        f"not tried: {broken.check} of {broken.subject} {_SAYS[broken.outcome]}",
        f"first see {broken.page}",
    )


_SAYS = {
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "is unknown",
    Outcome.SKIPPED: "was skipped",
}
