"""What names, label keys and label values may look like (``k8s.io/apimachinery/pkg/util/validation``).

Each check returns what is wrong, or None.
"""

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PATH = re.compile(r"(?!\.{1,2}$)[^/%]+")


def _problem(text: str, pattern: re.Pattern[str], limit: int) -> str | None:
    if len(text) > limit:
        return f"must be no more than {limit} characters"
    return None if pattern.fullmatch(text) else f"must match {pattern.pattern}"


def subdomain_problem(name: str) -> str | None:
    """Names of most kinds: DNS-1123 subdomains, 253 characters."""
    return _problem(name, _SUBDOMAIN, 253)


def label_problem(name: str) -> str | None:
    """Names of namespaces: DNS-1123 labels, 63 characters."""
    return _problem(name, _LABEL, 63)


def service_problem(name: str) -> str | None:
    """Names of Services: DNS-1035 labels, 63 characters."""
    return _problem(name, _SERVICE, 63)


def path_problem(name: str) -> str | None:
    """Names of RBAC objects: anything that fits into a path."""
    return _problem(name, _PATH, 253)


def label_key_problem(key: str) -> str | None:
    """Keys of labels: ``[subdomain/]name``, the name 63 characters."""
    prefix, slash, name = key.rpartition("/")
    return (subdomain_problem(prefix) if slash else None) or _problem(name, _QUALIFIED, 63)


def label_value_problem(value: str) -> str | None:
    """Values of labels: empty or 63 characters."""
    return _problem(value, _QUALIFIED, 63) if value else None
