"""URLs as they may be shown, and whether two of them are of one server."""

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
