"""URLs as they may be shown, and which server they name."""

from urllib.parse import urlsplit, urlunsplit

from reconcile.skupper.checks.servers import endpoint

_HIDDEN = "(an address with a user name or password)"


def without_userinfo(url: str) -> str:
    """Give ``url`` without user name, password, query and fragment; an invalid URL becomes a placeholder."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        # What looks like a path may be the rest of a password that contains a slash.
        return _HIDDEN if "@" in parts.path else urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return "(not a URL)"


def visible(url: str) -> str:
    """Give ``url`` so that whatever tells it from another one can be seen: a user name as ``***@``, other characters
    than those of a URL as escapes.
    """
    shown = without_userinfo(url.strip())
    if shown not in {url.strip(), _HIDDEN} and "@" in urlsplit(url.strip()).netloc:
        shown = shown.replace("://", "://***@", 1)
    return shown.encode("unicode_escape").decode()


def same_server(one: str, other: str) -> bool:
    """Whether two URLs lead to one server.

    White space around them, capitals of scheme and host, the default port and slashes at the end make no difference. A
    user name does, since it is not known what it is for.
    """
    schemes = {url.strip().partition("://")[0].lower() for url in (one, other)}
    found = endpoint(one)
    return found is not None and found == endpoint(other) and len(schemes) == 1 and "@" not in one + other


def origin(url: str) -> str:
    """Name the server behind ``url``, however the URL is spelled: ``host:port/path``, without credentials.

    Empty if it names no host, or if what looks like its path may be the rest of a password.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    return f"{host}:{port}{parts.path.rstrip('/')}" if host and "@" not in parts.path else ""
