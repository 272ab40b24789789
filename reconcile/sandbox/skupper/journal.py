"""What the pods would have written to their logs: the only place where Skupper 1.9 reports a failure.

Lines go to the logger ``reconcile.sandbox.skupper`` at DEBUG and are kept, newest last, for whoever asks. They
name objects and reasons, never contents.
"""

import logging
from collections import deque
from dataclasses import dataclass

_logger = logging.getLogger("reconcile.sandbox.skupper")
_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one pod's log."""

    cluster: str
    namespace: str
    component: str
    text: str


class Journal:
    """The logs of all pods of one simulation."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=_KEPT)

    def write(self, cluster: str, namespace: str, component: str, text: str) -> None:
        """Append one line."""
        self._lines.append(Line(cluster, namespace, component, text))
        _logger.debug("[%s/%s] %s: %s", cluster, namespace, component, text)

    def lines(self, cluster: str, namespace: str) -> tuple[str, ...]:
        """Everything that the pods of one namespace said, oldest first."""
        return tuple(
            line.text for line in tuple(self._lines) if (line.cluster, line.namespace) == (cluster, namespace)
        )
