"""Reads secrets from HashiCorp Vault.

Logs in once, as an AppRole or with the service account of the pod. The first element of a secret's path is the
mount of a key-value engine; whether that engine has versions is looked up once per mount, as Vault's own
command line does. Only key-value engines are supported. Texts of errors quote Vault's reason, never a value.

``hvac`` takes answers apart without looking at them, and follows redirects with all credentials. So redirects are
refused, and whatever it raises about an answer means that the answer is not Vault's.
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
from reconcile.app_interface.transport import Authorization, shown_address
from reconcile.credentials import remember
from reconcile.http import sessions
from reconcile.http.answers import one_line, retry_after
from reconcile.http.exchange import Limits
from reconcile.openshift.access import Retries

TIMEOUT: Any = (5.0, 30.0)
"""Seconds until the connection stands, and of silence after that; hvac hands the pair on to requests."""
LIMITS = Limits(seconds=60, size=4 << 20)
"""Of one answer. Vault stores no secret that is larger than a million bytes."""

_LONGEST_REASON = 200
"""Characters of Vault's own words that an error quotes."""

_NOT_VAULT = ("the response is not from Vault", "check server in [vault] of the configuration")

_PASSING = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    exceptions.RateLimitExceeded,
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
        limits: Limits = LIMITS,
        retries: Retries = DEFAULT_RETRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._service_account_token = service_account_token
        self._retries = retries
        self._sleep = sleep
        # An empty token keeps hvac from picking up VAULT_TOKEN or ~/.vault-token of whoever runs this.
        self._vault: Any = hvac.Client(  # nosec B106 # no token yet
            url=settings.server, token="", timeout=timeout, allow_redirects=False
        )
        sessions.mount(self._vault.session, limits)
        # As for its token: no user and password of ~/.netrc.
        self._vault.session.auth = Authorization(None)
        self._vault.session.hooks["response"] = [self._look]
        self._retry_after = 0.0
        # What the last answer asked for: hvac's exceptions have no headers.
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
            self._failure = self._trouble(error) or self._store_error(
                f"rejected our login: {_reason(error)}", "check [vault] of the configuration"
            )
            raise self._failure from None
        if not isinstance(self._vault.token, str) or not self._vault.token:
            self._failure = self._store_error(*_NOT_VAULT)
            raise self._failure
        remember(self._vault.token)
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
        remember(token)
        self._vault.auth.kubernetes.login(
            role=self._settings.kube_auth_role, jwt=token, mount_point=self._settings.kube_auth_mount
        )

    def _persist(self, attempt: Callable[[], Any]) -> Any:
        """Run ``attempt``, again if the fault may pass; what Vault itself refuses stays hvac's exception."""
        try:
            return retry(
                attempt,
                passes=_passes,
                retries=self._retries,
                sleep=self._sleep,
                asked=lambda error: self._retry_after if isinstance(error, exceptions.VaultError) else 0.0,
            )
        except (exceptions.VaultError, SecretStoreError):
            raise
        except requests.exceptions.JSONDecodeError:
            reason, hint = _NOT_VAULT
        except requests.exceptions.RequestException as error:
            reason, hint = explain(error, "vault")
        except Exception:  # noqa: BLE001 an answer of another form than hvac expects, which its error may quote
            reason, hint = _NOT_VAULT
        self._failure = self._store_error(reason, hint)
        raise self._failure from None

    def _look(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """See each answer before hvac does."""
        self._retry_after = retry_after(response.headers)
        if 300 <= response.status_code < 400:
            where = shown_address(response.headers.get("Location", "nowhere"))
            raise sessions.Refused(
                f"redirects to {where}, where our credentials are not sent", request=response.request
            )

    def _trouble(self, error: exceptions.VaultError) -> SecretStoreError | None:
        """The error for a Vault that cannot serve us now, whatever we ask for; None for any other."""
        reason = _reason(error)
        match error:
            case exceptions.RateLimitExceeded():
                hint = "retry later; to see its limits, run: vault list sys/quotas/rate-limit"
                return self._store_error(f"throttles our requests (429): {reason}", hint)
            case exceptions.VaultDown() if "sealed" in reason:
                return self._store_error(reason, "unseal it; to see its state, run: vault status")
            case exceptions.VaultNotInitialized() | exceptions.VaultDown() | exceptions.BadGateway():
                hint = "retry; if it persists, run: vault status"
                return self._store_error(f"cannot serve requests now: {reason}", hint)
            case exceptions.InternalServerError() | exceptions.UnexpectedError():
                return self._store_error(f"failed: {reason}", "retry; if it persists, contact its operators")
        return None

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
            case exceptions.RateLimitExceeded() | exceptions.VaultDown():
                # The next secret would wait as long.
                self._failure = self._trouble(error)
        return self._trouble(error) or self._store_error(
            f"{_reason(error)} (secret {reference})", "correct the path in the data"
        )


def _data(answer: Any) -> dict[str, Any] | None:
    """Give the object under ``data``; None if the answer has another form."""
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else None


def _passes(error: Exception) -> bool:
    return isinstance(error, _PASSING) and not isinstance(error, requests.exceptions.SSLError)


def _reason(error: exceptions.VaultError) -> str:
    """Quote Vault's reason in one line. It is not there, or of another form, if something else answered."""
    found: Any = error.errors
    words = [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
    return one_line("; ".join(words), _LONGEST_REASON) or type(error).__name__
