"""How the values of the ConfigMap ``skupper-site`` are read: all are strings, and next to nothing is an error.

Only the logging levels and the two frame sizes make the parser of ``pkg/site/site.go`` return an error; every
other value that makes no sense is dropped or counts as false, in silence.
"""

import re
from collections.abc import Mapping

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_QUANTITY = re.compile(r"^[+-]?(\d+|\d+\.\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$")
_MODULES = frozenset(
    {
        *(
            "ROUTER",
            "ROUTER_CORE",
            "ROUTER_HELLO",
            "ROUTER_LS",
            "ROUTER_MA",
            "MESSAGE",
            "SERVER",
            "AGENT",
            "CONTAINER",
        ),
        *(
            "AUTHSERVICE",
            "ERROR",
            "POLICY",
            "HTTP",
            "CONN_MGR",
            "PYTHON",
            "PROTOCOL",
            "TCP_ADAPTOR",
            "HTTP_ADAPTOR",
        ),
        "DEFAULT",
    }
)
_LEVELS = frozenset({"trace", "debug", "info", "notice", "warning", "error", "critical"})
_DEFAULT_LOGGING = "ROUTER_CORE:error+"


def boolean(data: Mapping[str, str], key: str, *, default: bool = False) -> bool:
    """Read a switch as Go's ``strconv.ParseBool`` does; what it cannot parse (``yes``) is false."""
    return data[key] in _TRUE if key in data else default


def integer(data: Mapping[str, str], key: str) -> int:
    """Read a number; what is no number is 0."""
    try:
        return int(data.get(key) or 0)
    except ValueError:
        return 0


def quantity(data: Mapping[str, str], key: str) -> str:
    """Read a Kubernetes quantity; a bad one is dropped."""
    value = data.get(key, "")
    return value if _QUANTITY.match(value) else ""


def pairs(text: str, separator: str = ",") -> dict[str, str]:
    """Read ``a=b,c=d``; an item without ``=`` gets an empty value."""
    items = (item.partition("=") for item in text.split(separator) if item.strip())
    return {key.strip(): value.strip() for key, _, value in items}


def strict_integer(data: Mapping[str, str], key: str, default: int) -> int:
    """Read a number. ValueError if it is none."""
    if not data.get(key):
        return default
    try:
        return int(data[key])
    except ValueError:
        raise ValueError(f"Invalid value for {key}: not a number") from None


def logging_levels(text: str) -> tuple[tuple[str, str], ...]:
    """Read ``router-logging`` into pairs of module and level (with its ``+``), in order.

    ValueError for a module or a level that the router does not have.
    """
    items = [item.strip() for item in (text.strip() or _DEFAULT_LOGGING).split(",")]
    return tuple(_level(item) for item in items)


def _level(item: str) -> tuple[str, str]:
    module, found, level = item.rpartition(":")
    module = module if found else "DEFAULT"
    if module not in _MODULES:
        raise ValueError(f"Invalid logging module for router: {module}")
    if level.removesuffix("+") not in _LEVELS:
        raise ValueError(f"Invalid logging level for router: {level}")
    return module, level.removesuffix("+") + "+"
