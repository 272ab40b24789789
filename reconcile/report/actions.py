"""Action lines: one Python list per change, as other qontract integrations log them.

A dry run and a real run print the same line. Scripts parse them, so their format is fixed.
"""

from reconcile.skupper.plan import Change, Verb

_ALWAYS_WITH_ACCOUNT = {Verb.APPLY, Verb.DELETE}
"""Lines of these verbs always name the account; those of other verbs only if it is the cluster-admin account."""


def line(change: Change) -> str:
    """For example ``['apply', 'privileged=False', 'cluster', 'namespace', 'ConfigMap', 'skupper-site']``."""
    words = [change.verb.value]
    if change.privileged or change.verb in _ALWAYS_WITH_ACCOUNT:
        words.append(f"privileged={change.privileged}")
    return repr([*words, change.cluster, change.namespace, change.kind.label, change.name])
