"""The keys of a YAML mapping, with what ``<<`` merges into it.

The result is PyYAML's: a mapping's own keys win; of a list of merged mappings the first wins; of several ``<<`` the
last. PyYAML writes out every merge, so that a dozen lines of merges of merges take all memory. Here each key is kept
once, and what is merged counts against the budget of the datafile.
"""

from collections.abc import Callable, Iterator

import yaml

from reconcile.app_interface.bundle.yaml_limits import Budget

Pair = tuple[yaml.ScalarNode, yaml.Node]
Pairs = dict[str, Pair]
"""Text of a key -> the nodes of key and value; what is merged comes first."""

Note = Callable[[str, str, yaml.ScalarNode], None]
"""Called with the rule and the message of a finding, and the key it is about."""

_MERGE = "tag:yaml.org,2002:merge"


class Mappings:
    """Resolves the mappings of one document."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._resolved: dict[int, Pairs] = {}
        self._open: set[int] = set()

    def pairs(self, node: yaml.MappingNode, note: Note) -> Pairs:
        """Give keys and values of a mapping.

        Args:
            node: the mapping.
            note: receives repeated keys, and keys that two ``<<`` set to different values; once for each mapping.

        Raises:
            yaml.MarkedYAMLError: if a key is not a scalar, or what is merged is not a mapping.
            LimitError: if the merges are too many.
        """
        found = self._resolved.get(id(node))
        if found is not None:
            return found
        if id(node) in self._open:
            raise yaml.MarkedYAMLError(None, None, "a mapping is merged into itself", node.start_mark)
        self._open.add(id(node))
        found = {}
        for key, value in node.value:
            if _is_merge(key):
                merged = self._merged(value, note)
                _note_conflicts(found, merged, key, note)
                found |= merged
        own = _own(node, note)
        found |= own
        self._open.discard(id(node))
        self._resolved[id(node)] = found
        return found

    def _merged(self, value: yaml.Node, note: Note) -> Pairs:
        found: Pairs = {}
        for source in reversed(list(_sources(value))):
            pairs = self.pairs(source, note)
            self._budget.spend(source, nodes=len(pairs))
            found |= pairs
        return found


def _is_merge(key: yaml.Node) -> bool:
    return bool(key.tag == _MERGE)


def _sources(value: yaml.Node) -> Iterator[yaml.MappingNode]:
    """The mappings that one ``<<`` names, each once."""
    items = value.value if isinstance(value, yaml.SequenceNode) else [value]
    for item in {id(item): item for item in items}.values():
        if not isinstance(item, yaml.MappingNode):
            problem = "<< takes a mapping or a list of mappings"
            raise yaml.MarkedYAMLError(None, None, problem, item.start_mark)
        yield item


def _own(node: yaml.MappingNode, note: Note) -> Pairs:
    """What a mapping itself sets; the last of repeated keys, as in PyYAML."""
    found: Pairs = {}
    first: dict[str, int] = {}
    for key, value in node.value:
        if _is_merge(key):
            continue
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(None, None, "a key must be text", key.start_mark)
        text = str(key.value)
        if text in first:
            message = f"the key {text!r} was set in line {first[text]} already; only one would count"
            note("duplicate-key", message, key)
        first.setdefault(text, key.start_mark.line + 1)
        found[text] = (key, value)
    return found


def _note_conflicts(before: Pairs, merged: Pairs, merge: yaml.ScalarNode, note: Note) -> None:
    for text in before.keys() & merged.keys():
        (first, one), (second, other) = before[text], merged[text]
        if one is not other:
            lines = f"lines {first.start_mark.line + 1} and {second.start_mark.line + 1}"
            message = f"two << merge the key {text!r} ({lines}); the last << counts. Merge them in one list"
            note("merge-conflict", message, merge)
