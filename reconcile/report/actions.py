"""Action lines: one Python list a change, as the integrations of the field log them.

The same line in a dry run and in a run that writes; scripts read them, so their form is fixed.
"""

from reconcile.skupper.plan import Change, Verb

_PRIVILEGED = {Verb.APPLY, Verb.DELETE}


def line(change: Change) -> str:
    """For example ``['apply', 'privileged=False', 'cluster', 'namespace', 'ConfigMap', 'skupper-site']``."""
    words = [change.verb.value]
    if change.verb in _PRIVILEGED:
        words.append("privileged=False")
    return repr([*words, change.cluster, change.namespace, change.kind.label, change.name])
