"""A diagnosis as text for people and as one JSON document; ``docs/json.md`` describes the latter.

Causes come before effects: clusters, then sites, then links. What passed is counted, and what was skipped is shown only
on request, since it says nothing that its cause does not.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from reconcile.report.plan_json import SCHEMA
from reconcile.report.printable import all_printable, json_printable
from reconcile.report.wording import counted, painted
from reconcile.skupper.diagnosis.checks import Command, Outcome, Result

MARKS = {
    Outcome.PASS: "✓",
    Outcome.WARN: "‼",
    Outcome.FAIL: "✗",
    Outcome.UNKNOWN: "?",
    Outcome.SKIPPED: "·",
}

_QUIET = frozenset({Outcome.PASS, Outcome.SKIPPED})
_WORDS = {
    Outcome.PASS: "passed",
    Outcome.WARN: "warned",
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "unknown",
    Outcome.SKIPPED: "skipped",
}


def as_text(results: Sequence[Result], *, colour: bool = False, verbose: bool = False) -> str:
    """Each subject with what did not pass, then a summary; with `verbose` everything. No trailing newline."""
    lines: list[str] = []
    for (kind, subject, network), group in groupby(
        map(all_printable, results), key=lambda result: (result.kind, result.subject, result.network)
    ):
        found = list(group)
        of_network = f" (network {network})" if network else ""
        lines.append(f"{kind} {subject}{of_network}: {_counted(found)}")
        for result in found:
            if verbose or result.outcome not in _QUIET:
                lines += _lines(result, colour=colour)
    number = counted(len(results), "check")
    return "\n".join([*lines, "", f"{number}: {_counted(results)}" if results else "nothing to check"])


def _counted(results: Iterable[Result]) -> str:
    """``12 passed, 1 failed``; what is most severe comes last, where it is read."""
    found = Counter(result.outcome for result in results)
    order = (Outcome.PASS, Outcome.SKIPPED, Outcome.UNKNOWN, Outcome.WARN, Outcome.FAIL)
    return ", ".join(f"{found[outcome]} {_WORDS[outcome]}" for outcome in order if found[outcome])


def _lines(result: Result, *, colour: bool) -> Iterator[str]:
    judgement = result.judgement
    yield f"  {painted(MARKS[result.outcome], colour=colour)} {result.check}: {result.title}"
    yield f"      {judgement.evidence}"
    if judgement.hint:
        yield f"      {judgement.hint}"
    if judgement.command:
        yield f"      {_typed(judgement.command)}"
    if result.outcome not in _QUIET:
        yield f"      see {result.page}"


def _typed(command: Command) -> str:
    where = f"on cluster {command.cluster} run" if command.cluster else "run"
    return f"{where}: {command.text}"


def as_json(results: Sequence[Result], *, bundle: str = "") -> str:
    """All results, whatever their outcome, as one document."""
    found = Counter(result.outcome for result in results)
    document = {
        "schema": SCHEMA,
        "bundle": bundle,
        "counts": {outcome.value: found[outcome] for outcome in Outcome},
        "results": [_result(result) for result in results],
    }
    return json_printable(json.dumps(document, indent=2, ensure_ascii=False))


def _result(result: Result) -> dict[str, Any]:
    judgement = result.judgement
    return {
        "check": result.check,
        "title": result.title,
        "kind": result.kind.value,
        "subject": result.subject,
        "network": result.network,
        "outcome": result.outcome.value,
        "evidence": judgement.evidence,
        "hint": judgement.hint,
        "command": judgement.command.text if judgement.command else None,
        "cluster": judgement.command.cluster or None if judgement.command else None,
        "page": result.page,
    }
