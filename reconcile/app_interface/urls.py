"""URLs as they may be shown."""

from urllib.parse import urlsplit, urlunsplit


def without_userinfo(url: str) -> str:
    """Give ``url`` without user name and password; an invalid URL becomes a placeholder."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=host))
    except ValueError:
        return "(not a URL)"
