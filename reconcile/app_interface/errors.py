"""Errors of reading app-interface, one class per way to handle them.

::

    AppInterfaceError
    ├── ConfigError             the configuration file; carries every fault of it
    ├── EnvironmentFault        environment variables of the HTTP libraries
    ├── ServerError             the GraphQL server; carries server, reason and hint
    │   ├── Unreachable         no answer: refused, reset, time-out
    │   ├── Untrusted           its certificate is not trusted
    │   ├── ServerFault    5xx  it failed, even after retries
    │   ├── Throttled      429  too many requests, even after waiting
    │   ├── AccessDenied 401/3  it rejected our token
    │   ├── UnknownSha     404  it does not have the pinned bundle
    │   ├── QueryRefused   400  it rejected a query
    │   ├── PartialAnswer       it answered with errors, so part of the data is missing
    │   └── BadAnswer           not a response of a qontract-server, or data of another shape
    ├── UnknownIntegration      exit code 4: app-interface has no datafile for this integration
    ├── UndeclaredSchemas       exit code 5: we read schemas that the integration does not declare
    └── SecretError             a secret or the way to it; carries reference and reason
        ├── SecretStoreError    Vault itself: unreachable, sealed, login rejected
        ├── SecretNotFound      no such path, version or field
        ├── SecretForbidden     our account may not read it
        ├── SecretMalformed     it exists, but does not have the expected form
        ├── NoCredentials       the cluster names no token, or has no address yet
        └── WrongServer         the token belongs to another server than the one in the data

Texts name the thing, the reason and the next step. No token, secret value or user information of a URL is
ever part of one: callers may print and log them unchanged.
"""
# ruff: noqa: N818 - the names are the conditions that callers distinguish

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class AppInterfaceError(Exception):
    """Any failure to read app-interface; ``str()`` is ready to be shown."""

    exit_code: ClassVar[int] = 1
    """What the command line exits with, in the numbering that integrations of app-interface share."""


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One mistake in the configuration file."""

    table: str
    """TOML table, for example ``graphql``; empty for the whole file."""
    key: str
    """Key in the table; empty if the table itself is at fault."""
    reason: str
    hint: str
    """The next step."""

    def __str__(self) -> str:
        place = f"[{self.table}]" if self.table else ""
        where = " ".join(part for part in (place, self.key) if part)
        return f"{where}: {self.reason}; {self.hint}" if where else f"{self.reason}; {self.hint}"


class ConfigError(AppInterfaceError):
    """The configuration file cannot be used; ``faults`` holds everything wrong with it."""

    def __init__(self, file: Path, faults: Iterable[ConfigFault]) -> None:
        self.file = file
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{file}: {fault}" for fault in self.faults))


class EnvironmentFault(AppInterfaceError):
    """Environment variables that the HTTP libraries read are unusable; one line each."""

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__("\n".join(faults))


class ServerError(AppInterfaceError):
    """The GraphQL server did not give what was asked for."""

    def __init__(self, server: str, reason: str, hint: str) -> None:
        self.server = server
        """Address asked, without user information."""
        self.reason = reason
        self.hint = hint
        self.retry_after = 0.0
        """Seconds after which the server asks to come back; 0 if it does not say."""
        super().__init__(f"GraphQL server {server}: {reason}; {hint}")


class Unreachable(ServerError):
    """No answer came: refused, reset, timed out."""


class Untrusted(ServerError):
    """The TLS handshake failed, most often because the server's authority is not trusted here."""


class ServerFault(ServerError):
    """The server failed (5xx), still after every retry."""


class Throttled(ServerError):
    """The server asks to slow down (429), still after every retry."""


class AccessDenied(ServerError):
    """The server rejected our token (401, 403)."""


class UnknownSha(ServerError):
    """The server does not have the pinned bundle, or no longer (404)."""


class QueryRefused(ServerError):
    """The server rejected a query (400), for example because its schemas lack a field."""


class PartialAnswer(ServerError):
    """The answer carries errors: part of the data is missing, so the rest is ignored."""


class BadAnswer(ServerError):
    """Not a response of a qontract-server, or the data does not match our schemas."""


class UnknownIntegration(AppInterfaceError):
    """The data has no integration-1 datafile with our name."""

    exit_code = 4


class UndeclaredSchemas(AppInterfaceError):
    """Our queries read schemas that the integration's datafile does not declare."""

    exit_code = 5

    def __init__(self, integration: str, path: str, schemas: Iterable[str]) -> None:
        self.schemas = tuple(sorted(schemas))
        super().__init__(
            f"integration {integration} reads schemas that {path} does not declare: "
            f"{', '.join(self.schemas)}; add them to its `schemas` list"
        )


class SecretError(AppInterfaceError):
    """A secret cannot be used."""


class SecretStoreError(SecretError):
    """The secret store is unusable: unreachable, sealed, or our login is rejected."""


class SecretNotFound(SecretError):
    """There is no such path, version or field."""


class SecretForbidden(SecretError):
    """The account that we use may not read the secret."""


class SecretMalformed(SecretError):
    """The secret exists but does not have the form that its use needs."""


class NoCredentials(SecretError):
    """The data has no credentials for the cluster: no token, or no address yet."""


class WrongServer(SecretError):
    """The secret holds the token of another server, so it is sent nowhere."""
