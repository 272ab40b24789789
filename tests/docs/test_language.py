"""Retired names and sentences stay retired: in code, output, tests and docs.

A new name or sentence uses the words of Kubernetes, Skupper, Terraform or GitOps. To retire one, add it here.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

NAMES = {
    "ClusterView": "ClusterSnapshot",
    "Survey": "ObservedState",
    "lay_out": "resolve",
    "Layout": "DesiredState",
    "settle_all": "resolve_sites",
    "settled?": "converged, resolve",
    "in_the_way": "name_conflict",
    "strangers?": "foreign",
    "[Ll]eftovers": "prune, leftover resources",
    "doomed": "orphans",
    "[Tt]eller": "reporter",
    "telling": "reporting",
    "Warden": "WatchCloser",
    "take_in": "LiveObject.from_manifest",
    "[Pp]ictures?": "cache, snapshot",
    "[Ll]anes?": "work_key",
    "(site|link|policy)_life": "plan_site, plan_link, plan_policies",
    "Evidence": "LinkObservation",
    "Sight": "Verdict",
    "Patience": "Retrier, GraphqlTimeouts",
    "Outage": "CircuitBreaker",
    "class (World|Broken|Route|Read|Look|Gate|Manner|Stage|Tending|Met|Calm|Declared|Generation)": "a standard word",
    "plainly": "handle_errors",
    "predecessor": "legacy_install",
    "tests[./]gate": "fault_proxy",
    "end_to_end[./](world|boxes)": "harness, cli_harness",
    "the peer|[Aa] peer|[Pp]eers?\\.": "legacy, remote, vpc_peers",
    "LEFT_ALONE|left_alone": "SKIPPED, skip_reason",
}
"""Pattern of a whole word -> what to write."""

SENTENCES = {
    "(made|make|makes|making|written|read|asked) .{0,30}\\banew\\b": "recreate, again",
    "of no use": "unusable",
    "(leave|left|leaves|leaving)s? .{0,30}\\balone\\b": "skip",
    "half-made": "incomplete",
    "(is|are|was|were|be|been) told\\b": "is reported",
    "\\btells? (of|about)\\b": "reports",
    "told (of|about|apart)": "reported, distinguished",
    "stands? between": "any proxy, firewall or load balancer in between",
    "stands? in the way|nothing stands": "no errors",
    "if it stays so": "if it persists",
    "give it longer": "raise --request-timeout",
    "times made so": "still differs after 3 attempts",
    "changes it back": "keeps reverting it",
    "may take away": "maximum number ... to remove",
    "make none": "without applying it",
    "of ours is known": "no managed resources are expected",
    "left over there is touched": "only leftover resources",
    "If that is meant": "If this is intended",
    "to make, \\d+ to change|to change, .* to remove": "to create, to update, to delete",
    "out of service\\); ": "no downtime",
    "nobody knows": "is unknown",
    "you know whose": "remove our labels if someone else owns it",
    "with whatever made": "stop whatever manages it",
    "counts for the next": "applies to new",
    "restarts routers of other images": "restarting routers that use custom images",
    "take our token|takes our token": "rejected our token",
    "stands outside of": "is not inside",
    "data does not know": "app-interface has no datafile",
    "can issue tokens": "is ready to accept links",
    "have it served|has it served": "reload it",
    "the last word of": "last seen by",
    "(DIALLER|ISSUER) SAYS": "SEEN BY DIALLER",
    "span of time": "duration",
    "no time at all": "must be greater than zero",
    "beyond doubt": "proven",
}
"""Pattern -> what to write; line breaks count as spaces."""


def searched() -> Iterator[Path]:
    for pattern in (
        "reconcile/**/*.py",
        "tests/**/*.py",
        "docs/**/*.md",
        "*.md",
        "deploy/**/*.md",
        "Makefile",
    ):
        for path in sorted(ROOT.glob(pattern)):
            if path != Path(__file__):
                yield path


@cache
def texts() -> dict[str, str]:
    """What is searched, by file."""
    return {str(path.relative_to(ROOT)): text_of(path) for path in searched()}


def text_of(path: Path) -> str:
    """A file without what must quote retired words: older sections of the changelog, changes of the JSON format."""
    text = path.read_text(encoding="utf-8")
    if path.name == "CHANGELOG.md":
        return "".join(re.split(r"^(?=## )", text, flags=re.MULTILINE)[:2])
    return text.partition("## Changes since schema")[0]


def hits(pattern: str, *, word: bool = False) -> list[str]:
    """``file:line: text`` of every place where a pattern is found, or is a whole word."""
    sought = re.compile(pattern.replace(" ", r"\s+"))
    whole = re.compile(rf"(?<![A-Za-z0-9])(?:{sought.pattern})(?![A-Za-z0-9])") if word else sought
    found = []
    for path, text in texts().items():
        # What is no word either is found sooner without looking at what surrounds it.
        for match in whole.finditer(text) if sought.search(text) else ():
            number = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{number}: {match[0]}")
    return found


@pytest.mark.parametrize(("name", "instead"), NAMES.items())
def test_a_retired_name_is_not_used(name: str, instead: str) -> None:
    assert not hits(name, word=True), f"write {instead}"


@pytest.mark.parametrize(("sentence", "instead"), SENTENCES.items())
def test_a_retired_sentence_is_not_used(sentence: str, instead: str) -> None:
    assert not hits(sentence), f"write {instead}"
