"""What names, label keys and label values may look like (``k8s.io/apimachinery/pkg/util/validation``).

Each check returns the sentence that the API server puts into its answer, or None.
"""

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")

_SUBDOMAIN_TEXT = "must be a lowercase RFC 1123 subdomain, such as 'example.com'"
_LABEL_TEXT = "must be a lowercase RFC 1123 label, such as 'my-name'"
_SERVICE_TEXT = "must be a DNS-1035 label, such as 'my-name'"
_QUALIFIED_TEXT = "name part must consist of alphanumeric characters, '-', '_' or '.', such as 'my.name'"
_VALUE_TEXT = "must be empty or consist of alphanumeric characters, '-', '_' or '.', such as 'my_value'"


def _longer(limit: int) -> str:
    return f"must be no more than {limit} characters"


def subdomain_problem(name: str) -> str | None:
    """Names of most kinds: DNS-1123 subdomains, 253 characters."""
    if len(name) > 253:
        return _longer(253)
    return None if _SUBDOMAIN.fullmatch(name) else _SUBDOMAIN_TEXT


def label_problem(name: str) -> str | None:
    """Names of namespaces: DNS-1123 labels, 63 characters."""
    if len(name) > 63:
        return _longer(63)
    return None if _LABEL.fullmatch(name) else _LABEL_TEXT


def service_problem(name: str) -> str | None:
    """Names of Services: DNS-1035 labels, 63 characters."""
    if len(name) > 63:
        return _longer(63)
    return None if _SERVICE.fullmatch(name) else _SERVICE_TEXT


def path_problem(name: str) -> str | None:
    """Names of RBAC objects: anything that fits into a path."""
    if name in {".", ".."}:
        return f"may not be '{name}'"
    return next((f"may not contain '{sign}'" for sign in "/%" if sign in name), None)


def label_key_problem(key: str) -> str | None:
    """Keys of labels and annotations: ``[subdomain/]name``, the name 63 characters."""
    prefix, slash, name = key.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if slash and (problem := subdomain_problem(prefix)):
        return f"prefix part {problem}"
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return f"name part {_longer(63)}"
    return None if _QUALIFIED.fullmatch(name) else _QUALIFIED_TEXT


def label_value_problem(value: str) -> str | None:
    """Values of labels: 63 characters."""
    if len(value) > 63:
        return _longer(63)
    return None if not value or _QUALIFIED.fullmatch(value) else _VALUE_TEXT
