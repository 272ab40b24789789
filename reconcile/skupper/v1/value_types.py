"""The types of config values, with the bounds that Skupper v1 itself does not check.

A ``title`` beside a ``pattern`` says in words what the pattern requires.

Source: ``pkg/site/site.go``, ``pkg/qdr/router_logging.go`` of Skupper 1.9.6.
"""

import re
from decimal import Decimal, InvalidOperation

from reconcile.skupper.config_keys import ValueType

_LOG_MODULES = (
    "ROUTER|ROUTER_CORE|ROUTER_HELLO|ROUTER_LS|ROUTER_MA|MESSAGE|SERVER|AGENT|AUTHSERVICE|CONTAINER|ERROR|POLICY|"
    "HTTP|CONN_MGR|PYTHON|PROTOCOL|TCP_ADAPTOR|HTTP_ADAPTOR|DEFAULT"
)
_LOG_ENTRY = f"(({_LOG_MODULES}):)?(trace|debug|info|notice|warning|error|critical)[+]?"
_METADATA_KEY = "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"


def _matching(definition: str, title: str, pattern: str, max_length: int | None = None) -> ValueType:
    bound = {} if max_length is None else {"maxLength": max_length}
    return ValueType({"type": "string", "title": title, "pattern": pattern, **bound}, definition)


def choice(*values: str, definition: str = "") -> ValueType:
    """One of `values`."""
    return ValueType({"type": "string", "enum": values}, definition)


def integer(minimum: int, maximum: int = 2**31 - 1) -> ValueType:
    """A whole number within bounds."""
    return ValueType({"type": "integer", "minimum": minimum, "maximum": maximum})


BOOLEAN = ValueType({"type": "boolean"})
TEXT = ValueType({"type": "string", "minLength": 1})
SITE_NAME = _matching(
    "siteName",
    "a site name: lower case letters, digits, - and .",
    "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
    max_length=190,
)
INGRESS = choice(
    "route",
    "loadbalancer",
    "nodeport",
    "nginx-ingress-v1",
    "contour-http-proxy",
    "ingress",
    "none",
    definition="ingress",
)
HOST = _matching(
    "host",
    "a host name",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    max_length=253,
)
ADDRESS = _matching(
    "address",
    "an IP address",
    r"^(((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(?!$)|$)){4}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$",
)
URL = _matching("url", "an http or https address", r"^https?://[^\s/]+\S*$")
DURATION = _matching(
    "duration", "a duration such as 90s, 15m or 1h30m", r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$"
)
CPU = _matching("cpu", "an amount of CPU such as 200m, 1 or 0.5", r"^([1-9][0-9]*m|[0-9]+(\.[0-9]{1,3})?)$")
MEMORY = _matching(
    "memory",
    "an amount of memory such as 128Mi or 1Gi",
    r"^[1-9][0-9]*(\.[0-9]+)?(k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
)
CONNECTION_COUNT = _matching("connectionCount", "auto or a number", "^(auto|[1-9][0-9]*)$")
SEPARATOR = _matching("separator", "a single character other than =", "^[^=]$")
LOGGING = _matching(
    "logging",
    "level, MODULE:level or a comma list of these, such as ROUTER_CORE:error+",
    f"^{_LOG_ENTRY}(,{_LOG_ENTRY})*$",
)
ANNOTATIONS = ValueType(
    {
        "type": "object",
        "propertyNames": {"title": "the key of an annotation", "pattern": _METADATA_KEY},
        "additionalProperties": {"type": "string"},
    },
    "annotations",
)
POD_LABELS = ValueType(
    {
        "type": "object",
        "propertyNames": {"title": "the key of a label", "pattern": _METADATA_KEY},
        "additionalProperties": {
            "type": "string",
            "title": "the value of a label",
            "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
        },
    },
    "podLabels",
)


_SUFFIXES = {
    "m": Decimal("0.001"), "": Decimal(1), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
    "T": Decimal(10**12), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30),
    "Ti": Decimal(2**40), "P": Decimal(10**15), "E": Decimal(10**18), "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip


def quantity(text: str) -> Decimal | None:
    """An amount of CPU or memory as a number; None if it is not one."""
    match = re.fullmatch(r"(?P<number>[0-9.]+)(?P<suffix>m|[kMGTPE]|[KMGTPE]i|)", text)
    try:
        return Decimal(match["number"]) * _SUFFIXES[match["suffix"]] if match else None
    except (InvalidOperation, KeyError):
        return None
