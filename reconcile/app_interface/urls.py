"""URLs as they may be shown, and compared."""

from urllib.parse import urlsplit, urlunsplit


def without_userinfo(url: str) -> str:
    """Give ``url`` without user name and password; an invalid URL becomes a placeholder."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=host))
    except ValueError:
        return "(not a URL)"


def origin(url: str) -> str:
    """Name the server behind ``url``, however the URL is spelled: ``host:port/path``, without credentials.

    Empty if it names no host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    return f"{host}:{port}{parts.path.rstrip('/')}" if host else ""
