"""Findings as lines: location, message, rule."""

from collections.abc import Callable

from reconcile.findings import Finding
from reconcile.report.printable import printable

Locate = Callable[[Finding], tuple[str, int | None]]
"""Finds the file on disk and the line of a finding."""


def line(finding: Finding, locate: Locate | None = None) -> str:
    """``file:line: error: message [rule] at path`` as compilers write it, so that editors can jump there."""
    where = _where(finding, locate)
    at = f" at {finding.dotted}" if finding.pointer else ""
    prefix = f"{where}: " if where else ""
    return f"{prefix}{finding.severity}: {printable(finding.message)} [{finding.rule}]{at}"


def _where(finding: Finding, locate: Locate | None) -> str:
    if not finding.datafile:
        return ""
    if locate is None:
        return finding.datafile
    path, number = locate(finding)
    return f"{path}:{number}" if number else path
