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
    reported: dict[str, _Reported] = {}
    for path, document in bundle.data.items():
        trapped = list(traps.check(path, document))
        reported[path] = _Reported(trapped)
        found += trapped
        found += (each for each in checks.check_datafile(path, document) if each not in reported[path])
    unique = uniqueness.check(bundle.data, bundle.confs)
    found += (each for each in unique if each not in reported[each.datafile])
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


class _Reported:
    """The places of one datafile that were reported; contains what lies at, below or directly above one of them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._places = {finding.pointer for finding in findings}
        self._parents = {place[:-1] for place in self._places if place[-1:] == ("$ref",)}

    def __contains__(self, finding: Finding) -> bool:
        pointer = finding.pointer
        inside = any(pointer[:length] in self._places for length in range(len(pointer) + 1))
        return inside or pointer[:-1] in self._parents or pointer in self._parents
