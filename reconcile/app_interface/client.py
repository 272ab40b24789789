"""The client of a qontract-server, for one bundle.

The server loads new bundles while we run, so the client pins the newest one at the start: ``/sha256`` names it, every
query goes to ``/graphqlsha/<sha>``, and one run sees one state of the data. Only connection faults, 429 and 5xx are
retried. An answer with ``errors`` is never used, not even in part: missing data would look deleted.
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

from gql import Client as GqlClient
from gql import GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from pydantic import SecretStr

from reconcile.app_interface.errors import (
    BadAnswer,
    PartialAnswer,
    ServerError,
    ServerFault,
    Throttled,
    Unreachable,
)
from reconcile.app_interface.retrying import DEFAULT_RETRIES, retry
from reconcile.app_interface.transport import (
    LIMITS,
    Authorization,
    reaching,
    refuse_bad,
    refuse_other_than_graphql,
)
from reconcile.app_interface.urls import without_userinfo
from reconcile.http import documents, sessions
from reconcile.http.answers import one_line
from reconcile.openshift.access import Retries

if TYPE_CHECKING:
    from gql.client import SyncClientSession

Answer = TypeVar("Answer")

# At DEBUG gql logs whole answers, including console passwords.
logging.getLogger(RequestsHTTPTransport.__module__).setLevel(logging.INFO)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_COMMIT = 64
_LONGEST_ERROR = 500
"""Characters of an error that are quoted."""
_MOST_ERRORS = 5
"""Errors of one answer that are quoted; the rest is counted."""


@dataclass(frozen=True, slots=True)
class GraphqlTimeouts:
    """Time-outs of one attempt, in seconds, and the retries."""

    connect: float = 5.0
    query: float = 30.0
    """Silence of the server during a query."""
    commit: float = 5.0
    """Silence of the server before it names the commit, which is requested once and only for the log."""
    sha: float = 60.0
    """Silence before ``/sha256`` answers; a server that is loading a bundle is slow."""
    retries: Retries = DEFAULT_RETRIES


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit of app-interface that a bundle was made from."""

    name: str
    """Its sha1; empty if the server does not know."""
    timestamp: int | None
    """Seconds since the epoch; None if the server does not know."""


class Client:
    """One server and, once pinned, one bundle. For one thread; a context manager that closes the connections."""

    def __init__(
        self,
        server: str,
        *,
        token: SecretStr | None = None,
        sha: str | None = None,
        timeouts: GraphqlTimeouts | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare a client of ``server``; nothing is sent yet.

        Args:
            server: the address that ends in ``/graphql``.
            token: value of the ``Authorization`` header, scheme included.
            sha: bundle to ask about; None: the newest at the time of each query, until ``pin`` is called.
            timeouts: time-outs and retries.
            sleep: how to wait between two attempts, given seconds.
        """
        self.server = without_userinfo(server)
        self.sha = sha
        """Bundle that queries are about; None: whichever is newest."""
        self._queried: set[str] = set()
        self._timeouts = timeouts or GraphqlTimeouts()
        self._sleep = sleep
        self._authorization = Authorization(token.get_secret_value() if token else None)
        self._session = sessions.session(LIMITS)
        self._transport = RequestsHTTPTransport(
            self.endpoint,
            auth=self._authorization,
            allow_redirects=False,
            hooks={"response": [refuse_bad, refuse_other_than_graphql]},
        )
        # gql annotates its queries, but not how connections open and close.
        self._graphql: SyncClientSession = GqlClient(transport=self._transport).connect_sync()  # type: ignore[no-untyped-call]
        if self._transport.session is not None:
            sessions.mount(self._transport.session, LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        self._transport.close()  # type: ignore[no-untyped-call]

    @property
    def endpoint(self) -> str:
        """Address that queries are sent to."""
        return self._address(f"/graphqlsha/{self.sha}" if self.sha else "/graphql")

    @property
    def schemas(self) -> frozenset[str]:
        """Schemas (``$schema`` paths) of the objects that the queries so far have read."""
        return frozenset(self._queried)

    def pin(self) -> str:
        """Pin the newest bundle for all later queries and return its sha256.

        Raises:
            ServerError: if the server does not name one.
        """
        address = self._address("/sha256")
        sha = self._get(address, self._timeouts.sha).strip()
        if not _SHA256.fullmatch(sha):
            hint = "check server in [graphql] of the configuration"
            raise BadAnswer(address, "the response is not a SHA-256 hash", hint)
        self.sha = sha
        return sha

    def commit(self) -> Commit:
        """Ask once which commit the bundle was made from.

        Raises:
            ServerError: if the server does not say.
        """
        address = self._address(f"/git-commit-info/{self.sha}" if self.sha else "/git-commit-info")
        try:
            once = replace(self._timeouts.retries, attempts=1)
            info = documents.parse(self._get(address, self._timeouts.commit, once).encode())
            return Commit(
                one_line(str(info.get("commit") or ""), _LONGEST_COMMIT), _seconds(info.get("timestamp"))
            )
        except (ValueError, AttributeError):
            hint = "check server in [graphql] of the configuration"
            raise BadAnswer(address, "the response is not a JSON object", hint) from None

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send one query and give the ``data`` of its answer.

        Raises:
            PartialAnswer: if the answer carries any error.
            ServerError: of another class if there is no answer to use (see ``errors``).
        """
        address = self.endpoint
        request = GraphQLRequest(query, variable_values=dict(variables) if variables else None)
        self._transport.url = address
        limits = {"timeout": (self._timeouts.connect, self._timeouts.query)}
        try:
            result = self._persist(
                address,
                lambda: self._graphql.execute(request, get_execution_result=True, extra_args=limits),
            )
        except TransportQueryError as error:
            raise _partial(address, error.errors or []) from None
        self._queried.update((result.extensions or {}).get("schemas") or ())
        return dict(result.data or {})

    def _get(self, address: str, timeout: float, retries: Retries | None = None) -> str:
        def attempt() -> str:
            response = self._session.get(
                address,
                auth=self._authorization,
                timeout=(self._timeouts.connect, timeout),
                allow_redirects=False,
                hooks={"response": refuse_bad},
            )
            return response.text

        return self._persist(address, attempt, retries)

    def _persist(self, address: str, attempt: Callable[[], Answer], retries: Retries | None = None) -> Answer:
        return retry(
            lambda: reaching(address, attempt),
            passes=lambda error: isinstance(error, Unreachable | ServerFault | Throttled),
            asked=lambda error: error.retry_after if isinstance(error, ServerError) else 0.0,
            retries=retries or self._timeouts.retries,
            sleep=self._sleep,
        )

    def _address(self, path: str) -> str:
        """Give the address of ``path`` beside ``/graphql``, which may itself lie below a prefix."""
        parts = urlsplit(self.server)
        return urlunsplit(parts._replace(path=parts.path.removesuffix("/graphql") + path))


def _seconds(timestamp: object) -> int | None:
    text = str(timestamp)
    return int(text) if text.isascii() and text.isdigit() else None


def _partial(address: str, errors: list[Any]) -> PartialAnswer:
    shown = [_shown(error) for error in errors[:_MOST_ERRORS]]
    if len(errors) > _MOST_ERRORS:
        shown.append(f"and {len(errors) - _MOST_ERRORS} more")
    return PartialAnswer(
        address,
        f"the response is incomplete: {'; '.join(shown)}",
        "correct the data at that path; the rest of the response is ignored",
    )


def _shown(error: Any) -> str:
    """Format one GraphQL error: ``message (at skupper_v1.0.siteController)``."""
    if not isinstance(error, Mapping):
        return one_line(str(error), _LONGEST_ERROR)
    steps = error.get("path")
    path = ".".join(str(step) for step in steps) if isinstance(steps, list) else ""
    message = str(error.get("message", "no reason given"))
    return one_line(f"{message} (at {path})" if path else message, _LONGEST_ERROR)
