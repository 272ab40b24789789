"""Bearer tokens and accounts of a simulated cluster, and what each account may do.

An account has rules of its own, or the rights that the Roles and ClusterRoles bound to it grant (``rbac``).
ServiceAccounts always have the latter. Their tokens are random texts, not JWTs, and end with the ServiceAccount.
"""

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from reconcile.kinds import SERVICE_ACCOUNT, Kind
from reconcile.sandbox.kubernetes.errors import ApiError, Object, forbidden
from reconcile.sandbox.kubernetes.rbac import Grants, Request, Rule, Subject
from reconcile.sandbox.kubernetes.store import Record, Store

EVERYTHING = Rule()
_TOKEN_SECONDS = 3600


def within(*namespaces: str) -> Rule:
    """Full rights inside some namespaces, none outside."""
    return Rule(namespaces=frozenset(namespaces))


@dataclass(frozen=True, slots=True)
class Account:
    """A user or service account."""

    user: str
    token: str = field(repr=False)
    rules: tuple[Rule, ...] | None = (EVERYTHING,)
    """None: the rules of the Roles and ClusterRoles that are bound to it."""
    groups: tuple[str, ...] = ("system:authenticated",)


class Rights:
    """An account on a cluster, and what it may do there now."""

    def __init__(self, account: Account, store: Store) -> None:
        self.user = account.user
        self._own = account.rules
        self._subject = Subject(account.user, account.groups)
        self._grants = Grants(store)

    @property
    def described(self) -> str:
        """The account and its groups, as refusals to grant name them."""
        listed = " ".join(f'"{group}"' for group in self._subject.groups)
        return f'user "{self.user}" (groups=[{listed}])'

    def rules(self, namespace: str = "") -> list[Rule]:
        """The rules for a namespace, or for the whole cluster."""
        if self._own is not None:
            return [rule for rule in self._own if rule.holds_in(namespace)]
        return self._grants.rules(self._subject, namespace)

    def may(self, wanted: Request) -> bool:
        """Whether any rule covers a request."""
        return any(rule.allows(wanted) for rule in self.rules(wanted.namespace))

    def refusal(self, kind: Kind, wanted: Request) -> ApiError:
        """The 403 of a request that no rule covers."""
        scope = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
        why = (
            f'User "{self.user}" cannot {wanted.verb} resource "{wanted.resource}" '
            f'in API group "{wanted.group}" {scope}'
        )
        return forbidden(kind, wanted.name, why)


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token of a ServiceAccount."""

    account: Account
    service_account: Record
    expires: datetime.datetime


class Accounts:
    """The accounts of one cluster, by token."""

    def __init__(
        self, accounts: Iterable[Account], store: Store, now: Callable[[], datetime.datetime]
    ) -> None:
        self._by_token = {account.token: account for account in accounts}
        self._issued: dict[str, _Issued] = {}
        self._store = store
        self._now = now

    def add(self, account: Account) -> None:
        """Add an account; one with the same token is replaced."""
        self._by_token[account.token] = account

    def issue(self, record: Record, body: Any) -> Object:
        """Answer a TokenRequest for a ServiceAccount (``POST .../serviceaccounts/<name>/token``)."""
        namespace, name = record.key
        spec = (body.get("spec") if isinstance(body, dict) else None) or {}
        seconds = spec.get("expirationSeconds") or _TOKEN_SECONDS
        expires = self._now() + datetime.timedelta(seconds=seconds)
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        account = Account(f"system:serviceaccount:{namespace}:{name}", uuid.uuid4().hex, None, groups)
        self._issued[account.token] = _Issued(account, record, expires)
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {**spec, "expirationSeconds": seconds},
            "status": {"token": account.token, "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ")},
        }

    def of(self, authorization: str) -> Rights | None:
        """The account that an ``Authorization`` header belongs to."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        account = self._by_token.get(token.strip()) or self._of_service_account(token.strip())
        return Rights(account, self._store) if account else None

    def _of_service_account(self, token: str) -> Account | None:
        issued = self._issued.get(token)
        if issued is None or issued.expires <= self._now():
            return None
        record = self._store.get(SERVICE_ACCOUNT, *issued.service_account.key)
        return issued.account if record is not None and record.uid == issued.service_account.uid else None
