"""Where a LIST or watch looks: in the whole cluster or in one namespace.

A field selector on ``metadata.namespace`` never reaches a server. Together with ``limit``, kube-apiserver 1.34
answers a cluster-wide LIST with it by fewer objects than there are, without an error: the first page is read below
the prefix of the namespace, later pages below that of the cluster, with the same continue token
(``SelectionPredicate.MatchesSingleNamespace`` and ``Store.ListPredicate`` of k8s.io/apiserver).
"""

import re
from dataclasses import dataclass

from reconcile.openshift import paths
from reconcile.openshift.paths import Selector

_FIELD = "metadata.namespace"
_TERMS = re.compile(r"(?:\\.|[^,])+", re.DOTALL)
"""A comma separates terms unless a backslash escapes it."""
_TERM = re.compile(r"\s*(?P<field>[^=!]*?)\s*(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scope:
    """The namespace that is searched, or ``None`` for the whole cluster, and the fields that are left to select by."""

    namespace: str | None
    fields: str | None


def resolve(namespace: str | None, fields: Selector) -> Scope:
    """Take ``metadata.namespace`` out of a field selector and search that namespace instead.

    Raises:
        ValueError: No single namespace fits: the selector excludes one, names none, or names another than
            ``namespace`` or than it does elsewhere.
    """
    found = {namespace} if namespace is not None else set()
    others = []
    for text in _TERMS.findall(paths.selector(fields) or ""):
        term = _TERM.fullmatch(text)
        if term is None or term["field"] != _FIELD:
            others.append(text)
        elif term["operator"] == "!=" or not term["value"].strip():
            raise ValueError(f"field selector {text!r} does not name a namespace to list")
        else:
            found.add(term["value"].strip())
    if len(found) > 1:
        raise ValueError(f"field selector {fields!r} contradicts the namespaces {sorted(found)}")
    return Scope(next(iter(found), None), ",".join(others) or None)
