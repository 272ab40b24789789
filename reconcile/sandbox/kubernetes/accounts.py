"""Who may do what on a simulated cluster: bearer tokens, accounts, rights.

An account has rules of its own, or it has the rights that the Roles and ClusterRoles bound to it grant (``rbac``).
ServiceAccounts always have the latter; their tokens die with them.
"""

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reconcile.kinds import SERVICE_ACCOUNT, Kind
from reconcile.sandbox.kubernetes.errors import ApiError, forbidden
from reconcile.sandbox.kubernetes.rbac import Grants, Subject
from reconcile.sandbox.kubernetes.rules import Request, Rule
from reconcile.sandbox.kubernetes.store import Record, Store

EVERYTHING = Rule()


def within(*namespaces: str) -> Rule:
    """Full rights inside some namespaces, none outside."""
    return Rule(namespaces=frozenset(namespaces))


@dataclass(frozen=True, slots=True)
class Account:
    """A user or service account."""

    user: str
    token: str = field(repr=False)
    rules: tuple[Rule, ...] | None = (EVERYTHING,)
    """None: the rules are those of the Roles and ClusterRoles that are bound to it."""
    groups: tuple[str, ...] = ("system:authenticated",)


class Rights:
    """An account on a cluster, and what it may do there at this moment."""

    def __init__(self, account: Account, store: Store) -> None:
        self.user = account.user
        self._own = account.rules
        self._subject = Subject(account.user, account.groups)
        self._grants = Grants(store)

    @property
    def who(self) -> str:
        """The account and its groups, as refusals to grant name them."""
        listed = " ".join(f'"{group}"' for group in self._subject.groups)
        return f'user "{self.user}" (groups=[{listed}])'

    def rules(self, namespace: str = "") -> list[Rule]:
        """The rules that hold in a namespace, or for the whole cluster."""
        if self._own is not None:
            return [rule for rule in self._own if rule.holds_in(namespace)]
        return self._grants.rules(self._subject, namespace)

    def may(self, wanted: Request) -> bool:
        """Whether any rule covers a request."""
        return any(rule.allows(wanted) for rule in self.rules(wanted.namespace))

    def sees(self, namespace: str) -> bool:
        """Whether OpenShift lists the namespace among the account's projects."""
        return bool(self.rules(namespace))

    def refusal(self, kind: Kind, wanted: Request) -> ApiError:
        """The 403 of a request that no rule covers."""
        scope = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
        why = (
            f'User "{self.user}" cannot {wanted.verb} resource "{wanted.resource}" '
            f'in API group "{wanted.group}" {scope}'
        )
        return forbidden(kind, wanted.name, why + self._broken(wanted.namespace))

    def _broken(self, namespace: str) -> str:
        """What the server adds if bindings of the account lead nowhere."""
        missing = [] if self._own is not None else self._grants.missing(self._subject, namespace)
        if not missing:
            return ""
        return f": RBAC: {missing[0]}" if len(missing) == 1 else f": RBAC: [{', '.join(missing)}]"


@dataclass(frozen=True, slots=True)
class _Issued:
    """A token of a ServiceAccount."""

    account: Account
    namespace: str
    name: str
    uid: str
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
        """Let an account in; one with the same token is replaced."""
        self._by_token[account.token] = account

    def revoke(self, token: str) -> None:
        """From now on the token is answered with 401."""
        self._by_token.pop(token, None)
        self._issued.pop(token, None)

    def issue(self, record: Record, expires: datetime.datetime) -> str:
        """A token for a ServiceAccount, good until then and as long as that very ServiceAccount exists."""
        namespace, name = record.key
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        account = Account(f"system:serviceaccount:{namespace}:{name}", uuid.uuid4().hex, None, groups)
        self._issued[account.token] = _Issued(account, namespace, name, record.uid, expires)
        return account.token

    def of(self, authorization: str) -> Rights | None:
        """The account that an ``Authorization`` header belongs to."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        account = self._by_token.get(token.strip()) or self._alive(token.strip())
        return Rights(account, self._store) if account else None

    def _alive(self, token: str) -> Account | None:
        issued = self._issued.get(token)
        if issued is None or issued.expires <= self._now():
            return None
        record = self._store.get(SERVICE_ACCOUNT, issued.namespace, issued.name)
        return issued.account if record is not None and record.uid == issued.uid else None
