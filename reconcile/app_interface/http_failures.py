"""Messages for failed requests to the GraphQL server or Vault, with the next step.

Exceptions of ``requests`` quote whole URLs, credentials included, so their own text is never shown.
"""

import requests

from reconcile.http.sessions import Refused


def explain(error: BaseException, table: str) -> tuple[str, str]:
    """Give the reason and the next step; ``table`` of the configuration holds the server's address."""
    match error:
        case Refused():
            hint = f"check server in [{table}] of the configuration; if it is right, contact its operators"
            return str(error), hint
        case requests.exceptions.SSLError():
            hint = "name a file with its authority in the environment variable REQUESTS_CA_BUNDLE"
            return "the TLS handshake failed", hint
        case requests.exceptions.Timeout():
            return "no response in time", "retry; if it persists, contact its operators"
        case requests.exceptions.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            reason = f"no connection ({_innermost(error)})"
        case _:
            reason = f"no usable response ({type(error).__name__})"
    return reason, f"check server in [{table}] of the configuration and the network on the way to it"


def _innermost(error: BaseException) -> str:
    """Name the operating system's reason, which ``requests`` wraps in several layers."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.strerror and not isinstance(found, requests.RequestException):
            return found.strerror
        found = _inside(found)
    return "broken off"


def _inside(error: BaseException) -> BaseException | None:
    if error.__cause__ or error.__context__:
        return error.__cause__ or error.__context__
    wrapped = [each for each in (*error.args, getattr(error, "reason", None)) if isinstance(each, Exception)]
    return wrapped[0] if wrapped else None
