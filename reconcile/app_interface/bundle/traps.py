"""What a schema may accept and the server still answers wrongly.

qontract-server takes a mapping for a reference only if ``$ref`` is its single key, follows a list of references only
if every item is one, and fails on an explicit null. Data that steps into one of these traps loads without a word and
then answers with holes, so each is a finding, whatever the schema says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from reconcile.app_interface.bundle.graph_store import is_reference
from reconcile.app_interface.bundle.model import IDENTIFIER_KEY
from reconcile.app_interface.bundle.walking import walk
from reconcile.findings import Finding, Pointer


def check(path: str, document: Mapping[str, Any]) -> Iterator[Finding]:
    """Find the traps in one datafile."""
    for pointer, value in walk(document):
        for rule, message, below in _traps(value):
            yield Finding(rule, message, datafile=path, pointer=(*pointer, *below))


def _traps(value: Any) -> Iterator[tuple[str, str, Pointer]]:
    if value is None:
        yield "explicit-null", "null is an error to the server; leave the key out", ()
    elif isinstance(value, dict) and "$ref" in value and len(value) > 1:
        others = ", ".join(sorted(value.keys() - {"$ref", IDENTIFIER_KEY}))
        if others:
            message = f"beside $ref stands {others}; the server follows a $ref only where it is alone"
            yield "ref-siblings", message, ("$ref",)
    elif isinstance(value, list) and len({is_reference(item) for item in value}) > 1:
        references = [index for index, item in enumerate(value) if is_reference(item)]
        others_at = [index for index in range(len(value)) if index not in references]
        message = "references and other items share a list; the server then follows none of them"
        for index in min(others_at, references, key=len):
            yield "mixed-list", message, (index,)
