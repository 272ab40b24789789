"""Action lines: one Python list a change, as the integrations of the field log them.

The same line in a dry run and in a run that writes; scripts read them, so their form is fixed.
"""

from reconcile.skupper.plan import Change, Verb

_ALWAYS_SAID = {Verb.APPLY, Verb.DELETE}
"""Lines of these verbs say by which account; those of the others only if it is the cluster-admin's."""


def line(change: Change) -> str:
    """For example ``['apply', 'privileged=False', 'cluster', 'namespace', 'ConfigMap', 'skupper-site']``."""
    words = [change.verb.value]
    if change.admin or change.verb in _ALWAYS_SAID:
        words.append(f"privileged={change.admin}")
    return repr([*words, change.cluster, change.namespace, change.kind.label, change.name])
