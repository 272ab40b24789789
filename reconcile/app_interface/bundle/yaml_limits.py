"""How much a datafile may hold, checked before and while it is read.

A few hundred bytes of YAML can stand for more than any memory holds. The limits are far above what people write, and
whatever exceeds them is one finding.
"""

from typing import cast

import yaml

MAX_NODES = 100_000
"""Values a datafile may have once its aliases are written out."""

MAX_TEXT = 20_000_000
"""Characters that its keys and values may have then."""

MAX_DEPTH = 100
"""Levels of nesting a datafile may have."""

MAX_PLAIN = 100_000
"""Characters of a value without quotes, which patterns that need memory for each of them try to read as a number."""

MAX_DIGITS = 100
"""Characters of a number or date. Python needs quadratic time for long numbers and refuses to print them."""


class LimitError(yaml.MarkedYAMLError):
    """A datafile holds more than it may."""

    def __init__(self, problem: str, mark: yaml.error.Mark | None) -> None:
        super().__init__(None, None, problem, mark)


def check_events(text: str) -> None:
    """Refuse absurd nesting and size before libyaml and Python build nodes of it.

    Raises:
        LimitError: if a limit is exceeded.
        yaml.YAMLError: if the text is not YAML.
    """
    depth = count = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent):
            count += 1
        if isinstance(event, yaml.ScalarEvent) and not event.style and len(event.value) > MAX_PLAIN:
            problem = f"a value without quotes has more than {MAX_PLAIN} characters; quote it"
            raise LimitError(problem, cast("yaml.error.Mark", event.start_mark))
        if depth > MAX_DEPTH or count > 2 * MAX_NODES:  # keys are nodes too
            problem = "the document is nested too deeply" if depth > MAX_DEPTH else TOO_MANY
            raise LimitError(problem, cast("yaml.error.Mark", event.start_mark))


TOO_MANY = f"the document has more than {MAX_NODES} values; split it"


class Budget:
    """Counts what one datafile holds once its aliases are written out."""

    def __init__(self) -> None:
        self._nodes = 0
        self._text = 0

    def spend(self, node: yaml.Node, *, nodes: int = 1, depth: int = 0) -> None:
        """Count ``nodes`` and the text of ``node``, which is ``depth`` levels deep. Raises ``LimitError``."""
        self._nodes += nodes
        if isinstance(node, yaml.ScalarNode):
            self._text += len(node.value)
        if self._nodes > MAX_NODES or self._text > MAX_TEXT:
            raise LimitError("aliases expand without end, or the document is too large", node.start_mark)
        if depth > MAX_DEPTH:
            raise LimitError("the document is nested too deeply", node.start_mark)
