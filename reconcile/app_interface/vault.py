"""Reads secrets from HashiCorp Vault.

Logs in once, as an AppRole or with the service account of the pod. The first element of a secret's path is the
mount of a key-value engine; whether that engine has versions is looked up once per mount, as Vault's own
command line does. Only key-value engines are supported. Texts of errors quote Vault's reason, never a value.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hvac
import requests
from hvac import exceptions

from reconcile.app_interface.config_tables import Vault
from reconcile.app_interface.errors import (
    SecretError,
    SecretForbidden,
    SecretMalformed,
    SecretNotFound,
    SecretStoreError,
)
from reconcile.app_interface.http_failures import explain
from reconcile.app_interface.retrying import DEFAULT_RETRIES, retry
from reconcile.app_interface.secrets import Entries, SecretReference, hidden
from reconcile.openshift.access import Retries

TIMEOUT: Any = (5.0, 30.0)
"""Seconds until the connection stands, and of silence after that; hvac hands the pair on to requests."""

_LONGEST_REASON = 200
"""Characters of Vault's own words that an error quotes."""

_NOT_VAULT = ("the response is not from Vault", "check server in [vault] of the configuration")

_PASSING = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    exceptions.InternalServerError,
    exceptions.BadGateway,
    exceptions.VaultDown,
    exceptions.UnexpectedError,
)


class VaultReader:
    """One log-in to one Vault; a ``SecretReader``. Not for several threads at a time."""

    def __init__(
        self,
        settings: Vault,
        *,
        service_account_token: Path,
        timeout: Any = TIMEOUT,
        retries: Retries = DEFAULT_RETRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._service_account_token = service_account_token
        self._retries = retries
        self._sleep = sleep
        # An empty token keeps hvac from picking up VAULT_TOKEN or ~/.vault-token of whoever runs this.
        self._vault: Any = hvac.Client(url=settings.server, token="", timeout=timeout)
        self._logged_in = False
        self._versioned: dict[str, bool] = {}
        self._failure: SecretStoreError | None = None

    def entries(self, reference: SecretReference) -> Entries:
        """See ``SecretReader``. Where the engine keeps no versions, ``reference.version`` means nothing.

        Raises:
            SecretStoreError: if Vault cannot be reached or does not let us in; every later call says so at once.
            SecretForbidden, SecretNotFound, SecretMalformed: if this secret cannot be had.
        """
        if self._failure is not None:
            raise self._failure
        mount, *names = reference.segments
        path = "/".join(names)
        if not path:
            raise SecretNotFound(
                f"secret {reference}: the path names no secret; write MOUNT/PATH in the data"
            )
        self._log_in()
        try:
            answer = self._persist(lambda: self._read(mount, path, reference.version))
        except exceptions.VaultError as error:
            raise self._refusal(reference, error) from None
        if answer is None:
            raise SecretMalformed(f"secret {reference} in {self._settings.server} is not a key-value secret")
        return hidden(answer)

    def _read(self, mount: str, path: str, version: int | None) -> dict[str, Any] | None:
        engines = self._vault.secrets.kv
        if not self._keeps_versions(mount):
            return _data(engines.v1.read_secret(path, mount_point=mount))
        answer = engines.v2.read_secret_version(
            path, version=version, mount_point=mount, raise_on_deleted_version=True
        )
        return _data(_data(answer))

    def _keeps_versions(self, mount: str) -> bool:
        if mount not in self._versioned:
            answer = self._vault.adapter.get(f"/v1/sys/internal/ui/mounts/{quote(mount)}")
            options = (_data(answer) or {}).get("options")
            self._versioned[mount] = isinstance(options, dict) and options.get("version") == "2"
        return self._versioned[mount]

    def _log_in(self) -> None:
        if self._logged_in:
            return
        try:
            self._persist(self._log_in_by_role if self._settings.role_id else self._log_in_by_account)
        except exceptions.VaultError as error:
            self._failure = self._store_error(
                f"rejected our login: {_reason(error)}", "check [vault] of the configuration"
            )
            raise self._failure from None
        except (KeyError, TypeError):  # hvac found no token in the answer
            self._failure = self._store_error(*_NOT_VAULT)
            raise self._failure from None
        self._logged_in = True

    def _log_in_by_role(self) -> None:
        secret_id = self._settings.secret_id
        self._vault.auth.approle.login(
            role_id=self._settings.role_id, secret_id=secret_id.get_secret_value() if secret_id else None
        )

    def _log_in_by_account(self) -> None:
        file = self._service_account_token
        try:
            token = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            self._failure = self._store_error(
                f"the token of the service account, {file}, cannot be read ({error.strerror})",
                "name its file in KUBE_SA_TOKEN_PATH, or log in with role_id and secret_id",
            )
            raise self._failure from None
        self._vault.auth.kubernetes.login(
            role=self._settings.kube_auth_role, jwt=token, mount_point=self._settings.kube_auth_mount
        )

    def _persist(self, attempt: Callable[[], Any]) -> Any:
        """Run ``attempt``, again if the fault may pass; what Vault itself refuses stays hvac's exception."""
        try:
            return retry(attempt, passes=_passes, retries=self._retries, sleep=self._sleep)
        except requests.exceptions.JSONDecodeError:
            reason, hint = _NOT_VAULT
        except requests.exceptions.RequestException as error:
            reason, hint = explain(error, "vault")
        self._failure = self._store_error(reason, hint)
        raise self._failure from None

    def _store_error(self, reason: str, hint: str) -> SecretStoreError:
        return SecretStoreError(f"Vault {self._settings.server}: {reason}; {hint}")

    def _refusal(self, reference: SecretReference, error: exceptions.VaultError) -> SecretError:
        where = f"secret {reference} in {self._settings.server}"
        match error:
            case exceptions.Forbidden() | exceptions.Unauthorized():
                return SecretForbidden(
                    f"{where}: permission denied, or no such mount; grant the account read access or correct the "
                    f"path in the data. To check, run: vault token capabilities {reference.path}"
                )
            case exceptions.InvalidPath():
                return SecretNotFound(
                    f"{where}: no such path or version; correct the path in the data or create the secret. "
                    f"To check, run: vault kv metadata get {reference.path}"
                )
            case _:
                return self._store_error(f"{_reason(error)} (secret {reference})", "retry later")


def _data(answer: Any) -> dict[str, Any] | None:
    """Give the object under ``data``; None if the answer has another form."""
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else None


def _passes(error: Exception) -> bool:
    return isinstance(error, _PASSING) and not isinstance(error, requests.exceptions.SSLError)


def _reason(error: exceptions.VaultError) -> str:
    """Quote Vault's reason in one line."""
    text = " ".join("; ".join(error.errors or ()).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "…"
