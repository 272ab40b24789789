"""HTTP to a qontract-server: one session, and one place that checks its responses.

Every response passes ``refuse_bad`` before it is parsed, including those to GraphQL queries (as a hook of
the session, since ``gql`` keeps no status), so a fault has the same error class for every endpoint.
Redirects are refused: a POST would arrive as a GET, and the token somewhere else.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from requests.auth import AuthBase

from reconcile.app_interface.errors import (
    AccessDenied,
    AppInterfaceError,
    BadAnswer,
    QueryRefused,
    ServerError,
    ServerFault,
    Throttled,
    UnknownSha,
    Unreachable,
    Untrusted,
)
from reconcile.app_interface.http_failures import explain
from reconcile.app_interface.urls import without_userinfo
from reconcile.http import documents
from reconcile.http.answers import one_line, retry_after
from reconcile.http.exchange import Limits

Answer = TypeVar("Answer")

LIMITS = Limits(seconds=90, size=32 << 20)
"""Of one answer; the data of five thousand sites is a third of that."""
MOST_VALUES = 1_000_000
"""Values in one answer, for the same reason."""
_LONGEST_EXCERPT = 300
"""Characters of a server's own words that an error quotes."""
_SHA_IN_PATH = re.compile(r"/(?:graphqlsha|git-commit-info)/([^/?]+)")


class Authorization(AuthBase):
    """Sends the configured token as it is, for it holds the scheme already (``Basic ...``).

    An explicit authenticator also keeps ``requests`` from taking credentials out of ``~/.netrc``.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = self._token
        return request


def refuse_bad(response: requests.Response, *_args: Any, **_keywords: Any) -> None:
    """Raise the error that a response stands for, if it stands for one.

    Raises:
        ServerError: of the class that fits the status (see ``errors``).
    """
    _ = response.content  # read to the end, so that the connection can be used again whatever is raised
    status = response.status_code
    server = without_userinfo(response.url)
    if status in {401, 403}:
        raise AccessDenied(
            server, f"rejected our token ({status})", "check token in [graphql] of the configuration"
        )
    if status == 404:
        raise _not_found(server)
    if status == 400:
        raise QueryRefused(
            server,
            f"rejected the query (400): {_messages(response)}",
            "its schemas may be older than this version needs: compare with schemas/graphql-schemas",
        )
    if status == 429 or status >= 500:
        kind, reason = (Throttled, "throttles our requests") if status == 429 else (ServerFault, "failed")
        fault = kind(server, f"{reason} ({status})", "retry; if it persists, contact its operators")
        fault.retry_after = retry_after(response.headers)
        raise fault
    if status != 200:
        hint = "check server in [graphql] of the configuration"
        where = response.headers.get("Location")
        reason = f"redirects to {shown_address(where)}" if where else "not expected here"
        raise BadAnswer(server, f"status {status}: {reason}", hint)


def reaching(url: str, call: Callable[[], Answer]) -> Answer:
    """Run ``call`` and translate what ``requests`` raises, also from inside ``gql``.

    Raises:
        Unreachable, Untrusted: if no answer came.
        AppInterfaceError: as raised by ``refuse_bad``, unwrapped.
    """
    try:
        return call()
    except Exception as error:
        # gql wraps whatever the session raises, the verdict of our hook included.
        cause = error.__cause__ if error.__cause__ is not None else error
        if isinstance(cause, AppInterfaceError):
            raise cause from None
        translated = _translated(without_userinfo(url), cause)
        if translated is None:
            raise
        raise translated from error


def _translated(server: str, error: BaseException) -> ServerError | None:
    match error:
        case requests.exceptions.SSLError():
            found: type[ServerError] = Untrusted
        case (
            requests.exceptions.Timeout()
            | requests.exceptions.ConnectionError()
            | requests.exceptions.ChunkedEncodingError()
        ):
            found = Unreachable
        case requests.exceptions.RequestException():
            found = BadAnswer
        case _:
            return None
    return found(server, *explain(error, "graphql"))


def shown_address(location: str) -> str:
    """The target of a redirect as an error may quote it."""
    return one_line(without_userinfo(location), _LONGEST_EXCERPT)


def _not_found(server: str) -> ServerError:
    pinned = _SHA_IN_PATH.search(server)
    if pinned is None:
        reason = "nothing is served at this address (404): this is not a qontract-server"
        return BadAnswer(server, reason, "check server in [graphql] of the configuration")
    return UnknownSha(
        server,
        f"does not have bundle {pinned[1]} (404)",
        "a bundle is dropped some time after its last use (BUNDLE_SHA_TTL of the server): "
        "retry to read the newest one",
    )


def _messages(response: requests.Response) -> str:
    """Quote the messages of a refused query; answers of another form are cut short."""
    try:
        messages = "; ".join(str(error["message"]) for error in documents.parse(response.content)["errors"])
    except (ValueError, LookupError, TypeError):
        messages = "no reason given"
    return one_line(messages, _LONGEST_EXCERPT)


def refuse_other_than_graphql(response: requests.Response, *_args: Any, **_keywords: Any) -> None:
    """Raise ``BadAnswer`` unless the body is a GraphQL result, by the names and types that ``gql`` relies on."""
    try:
        answer = documents.parse(response.content, MOST_VALUES)
    except documents.NotJson:
        answer = None
    if not _is_result(answer):
        kind = one_line(response.headers.get("Content-Type", "no content type"), _LONGEST_EXCERPT)
        raise BadAnswer(
            without_userinfo(response.url),
            f"the response is not a GraphQL result ({kind})",
            "check server in [graphql] of the configuration",
        )


def _is_result(answer: object) -> bool:
    if not isinstance(answer, dict):
        return False
    data, errors, extensions = (answer.get(name) for name in ("data", "errors", "extensions"))
    schemas = extensions.get("schemas") if isinstance(extensions, dict) else None
    return (
        (isinstance(data, dict) or (data is None and bool(errors)))
        and isinstance(errors, list | None)
        and isinstance(extensions, dict | None)
        and isinstance(schemas, list | None)
        and all(isinstance(schema, str) for schema in schemas or ())
    )
