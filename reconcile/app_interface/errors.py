"""What can go wrong between us and app-interface, in classes that somebody handles.

::

    AppInterfaceError
    ├── ConfigError             the configuration file; carries every fault of it
    ├── ServerError             the GraphQL server; carries server, reason and hint
    │   ├── Unreachable         no answer: refused, reset, time-out
    │   ├── Untrusted           its certificate is not trusted
    │   ├── ServerFault    5xx  it failed, even after trying again
    │   ├── AccessDenied 401/3  it does not take our token
    │   ├── UnknownSha     404  it does not hold the bundle that we ask for
    │   ├── QueryRefused   400  it does not accept a query
    │   ├── PartialAnswer       it answered with errors, so part of the data is missing
    │   └── BadAnswer           it said something that no qontract-server says, or data of another shape
    ├── UnknownIntegration      exit code 4: app-interface has no integration-1 datafile for this integration
    ├── UndeclaredSchemas       exit code 5: we read schemas that the integration does not declare
    └── SecretError             a secret or the way to it; carries reference and reason
        ├── SecretStoreError    Vault itself: unreachable, sealed, log-in refused
        ├── SecretNotFound      no such path, version or field
        ├── SecretForbidden     our account may not read it
        ├── SecretMalformed     it is there, but not of the expected form
        ├── NoCredentials       the cluster names no token, or has no address yet
        └── WrongServer         the token belongs to another server than the one in the data

Texts name the thing, the reason and the next step. No token, secret value or user information of a URL is
ever part of one: callers may print and log them as they are.
"""
# ruff: noqa: N818 - the names are the conditions that callers tell apart

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


class ServerError(AppInterfaceError):
    """The GraphQL server did not give what was asked for."""

    def __init__(self, server: str, reason: str, hint: str) -> None:
        self.server = server
        """Address asked, without user information."""
        self.reason = reason
        self.hint = hint
        super().__init__(f"GraphQL server {server}: {reason}; {hint}")


class Unreachable(ServerError):
    """No answer came: refused, reset, timed out."""


class Untrusted(ServerError):
    """The TLS handshake failed, most often because the server's authority is not trusted here."""


class ServerFault(ServerError):
    """The server failed (5xx), still after every retry."""


class AccessDenied(ServerError):
    """The server does not take our token (401, 403)."""


class UnknownSha(ServerError):
    """The server does not hold the pinned bundle, or not any more (404)."""


class QueryRefused(ServerError):
    """The server does not accept a query (400), for example since its schemas lack a field."""


class PartialAnswer(ServerError):
    """The answer carries errors: part of the data is missing, so nothing may be concluded from the rest."""


class BadAnswer(ServerError):
    """The answer is none that a qontract-server gives, or the data has another shape than our schemas say."""


class UnknownIntegration(AppInterfaceError):
    """The data has no integration file with our name."""

    exit_code = 4


class UndeclaredSchemas(AppInterfaceError):
    """Our queries touched schemas that the integration file does not declare."""

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
    """The place of all secrets is out of order: unreachable, sealed, or our log-in is refused."""


class SecretNotFound(SecretError):
    """There is no such path, version or field."""


class SecretForbidden(SecretError):
    """The account that we use may not read the secret."""


class SecretMalformed(SecretError):
    """The secret exists but does not have the form that its use needs."""


class NoCredentials(SecretError):
    """The data gives no way into the cluster: no token, or no address yet."""


class WrongServer(SecretError):
    """The secret holds the token of another server, so it is sent nowhere."""
