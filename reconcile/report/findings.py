"""Findings as lines: location, message, rule."""

from collections.abc import Callable, Iterable

from reconcile.findings import Finding, Severity
from reconcile.report.printable import escaped, printable

Locate = Callable[[Finding], tuple[str, int | None]]
"""Finds the file on disk and the line of a finding."""


SHOWN = 100
"""Findings that are printed where there are many; one broken file may have thousands."""


def shown(findings: Iterable[Finding], limit: int | None = SHOWN) -> list[Finding]:
    """The findings to print, in their order: errors before warnings, if there are more than ``limit``."""
    found = list(findings)
    if limit is None or len(found) <= limit:
        return found
    chosen = sorted(range(len(found)), key=lambda index: found[index].severity is not Severity.ERROR)[:limit]
    return [found[index] for index in sorted(chosen)]


def line(finding: Finding, locate: Locate | None = None) -> str:
    """``file:line: error: message [rule] at path`` as compilers write it, so that editors can jump there."""
    where = escaped(_where(finding, locate))
    at = f" at {escaped(finding.dotted)}" if finding.pointer else ""
    prefix = f"{where}: " if where else ""
    return f"{prefix}{finding.severity}: {printable(finding.message)} [{finding.rule}]{at}"


def _where(finding: Finding, locate: Locate | None) -> str:
    if not finding.datafile:
        return ""
    if locate is None:
        return finding.datafile
    path, number = locate(finding)
    return f"{path}:{number}" if number else path
