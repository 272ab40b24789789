"""All faults of a bundle as data, without regard to its meaning.

All faults at once, in the order of files and lines. A fault is reported once: what a trap explains, the schema does not
tell again at the same place.
"""

from collections.abc import Iterable, Iterator

from reconcile.app_interface.bundle import traps, uniqueness
from reconcile.app_interface.bundle.building import GRAPHQL_FILE
from reconcile.app_interface.bundle.graph import graph_of
from reconcile.app_interface.bundle.graph_schema import GraphDefinitionError
from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.bundle.schema_checks import SchemaChecks
from reconcile.findings import Finding


def validate(bundle: Bundle) -> list[Finding]:
    """List the faults of files, schemas, references and unique values, in the order of files and lines."""
    checks = SchemaChecks(bundle)
    found = [*bundle.faults, *checks.check_schemas(), *_graphql(bundle, checks)]
    trapped: dict[str, list[Finding]] = {}
    for path, document in bundle.data.items():
        trapped[path] = list(traps.check(path, document))
        found += trapped[path]
        found += _not_reported(checks.check_datafile(path, document), trapped[path])
    for finding in uniqueness.check(bundle.data, bundle.confs):
        found += _not_reported([finding], trapped[finding.datafile])
    return ordered(bundle, found)


def ordered(bundle: Bundle, findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by file, line and rule, each once."""

    def key(finding: Finding) -> tuple[str, int, str, str, str]:
        _, line = bundle.positions.locate(finding.datafile, finding.pointer)
        return finding.datafile, line, finding.dotted, finding.rule, finding.message

    return sorted(dict.fromkeys(findings), key=key)


def _graphql(bundle: Bundle, checks: SchemaChecks) -> Iterator[Finding]:
    """Check the GraphQL types; old bundles carry them without ``$schema``, as a bare list."""
    faults: list[Finding] = []
    if isinstance(bundle.graphql, dict) and "$schema" in bundle.graphql:
        faults += checks.check(GRAPHQL_FILE, bundle.graphql)
    if not faults:
        try:
            graph_of(bundle)
        except GraphDefinitionError as error:
            faults.append(Finding("graphql-types", str(error), datafile=GRAPHQL_FILE))
    yield from faults


def _not_reported(findings: Iterable[Finding], reported: list[Finding]) -> Iterator[Finding]:
    """Leave out what lies at, below or directly above a place that was reported."""
    places = [finding.pointer for finding in reported]
    parents = {place[:-1] for place in places if place[-1:] == ("$ref",)}
    for finding in findings:
        inside = any(finding.pointer[: len(place)] == place for place in places)
        beside = finding.pointer[:-1] in parents or finding.pointer in parents
        if not inside and not beside:
            yield finding
