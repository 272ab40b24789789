"""Which quota, webhook or other admission rule refused a request, by the server's message.

Kubernetes fixes how these messages begin, so what is taken from them are names and nothing that an object holds; what
follows, which a webhook writes, may quote a Secret and is not read.
"""

import re
from collections.abc import Callable

_NAME = r"(?P<name>[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)"
_FORBIDDEN = r'[a-z0-9.]+ "[^"]*" is forbidden: '
_RULES: tuple[tuple[re.Pattern[str], Callable[[str], tuple[str, str]]], ...] = (
    (
        re.compile(rf"{_FORBIDDEN}exceeded quota: {_NAME}, requested: "),
        lambda name: (
            f"quota {name} is used up",
            f"raise it or delete what is not needed; to see it, run: oc describe quota {name}",
        ),
    ),
    (
        re.compile(rf'(Internal error occurred: )?failed calling webhook "{_NAME}"'),
        lambda name: (
            f"webhook {name} does not answer",
            "repair its service, or whoever runs it should; the API server itself is well",
        ),
    ),
    (
        re.compile(rf'admission webhook "{_NAME}" denied the request'),
        lambda name: (f"webhook {name} denied it", "ask those who run this webhook which rule it breaks"),
    ),
    (
        re.compile(
            rf"({_FORBIDDEN})?ValidatingAdmissionPolicy '{_NAME}' with binding '[^']*' denied request"
        ),
        lambda name: (
            f"admission policy {name} denied it",
            f"ask those who wrote it; to see its rules, run: oc get validatingadmissionpolicy {name} -o yaml",
        ),
    ),
    (
        re.compile(
            rf"{_FORBIDDEN}unable to create new content in namespace {_NAME} because it is being terminated"
        ),
        lambda name: (f"namespace {name} is being terminated", ""),
    ),
)


def refusal(message: str) -> tuple[str, str] | None:
    """What refused the request, and the next step; None if the message is of no known form."""
    for pattern, describe in _RULES:
        if found := pattern.match(message):
            return describe(found["name"])
    return None
