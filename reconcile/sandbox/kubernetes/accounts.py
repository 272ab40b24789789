"""Who may do what on a simulated cluster: bearer tokens, accounts, rules.

Rights are given to accounts directly. Roles and bindings that clients create are stored as data and grant nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.errors import ApiError, forbidden

ALL = frozenset({"*"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources, in some namespaces or everywhere."""

    verbs: frozenset[str] = ALL
    """``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``, ``deletecollection``."""
    groups: frozenset[str] = ALL
    """API groups; the core group is the empty text."""
    resources: frozenset[str] = ALL
    """Plurals, for subresources with them: ``deployments/status``."""
    namespaces: frozenset[str] | None = None
    """None: everywhere, cluster-wide requests included."""

    def allows(self, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Whether the rule covers a request; an empty ``namespace`` stands for the whole cluster."""
        return (
            (self.namespaces is None or namespace in self.namespaces)
            and _covers(self.verbs, verb)
            and _covers(self.groups, group)
            and _covers(self.resources, resource)
        )


def _covers(allowed: frozenset[str], wanted: str) -> bool:
    return "*" in allowed or wanted in allowed


EVERYTHING = Rule()


def within(*namespaces: str) -> Rule:
    """Full rights inside some namespaces, none outside."""
    return Rule(namespaces=frozenset(namespaces))


@dataclass(frozen=True, slots=True)
class Account:
    """A user or service account."""

    user: str
    token: str = field(repr=False)
    rules: tuple[Rule, ...] = (EVERYTHING,)

    def may(self, verb: str, kind: Kind, namespace: str = "", subresource: str = "") -> bool:
        """Whether any rule covers a request."""
        resource = f"{kind.plural}/{subresource}" if subresource else kind.plural
        return any(rule.allows(verb, kind.group, resource, namespace) for rule in self.rules)

    def sees(self, namespace: str) -> bool:
        """Whether OpenShift lists the namespace among the account's projects."""
        return any(rule.namespaces is None or namespace in rule.namespaces for rule in self.rules)

    def refusal(self, verb: str, kind: Kind, namespace: str, name: str, subresource: str = "") -> ApiError:
        """The 403 of a request that no rule covers."""
        resource = f"{kind.plural}/{subresource}" if subresource else kind.plural
        scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{self.user}" cannot {verb} resource "{resource}" in API group "{kind.group}" {scope}'
        return forbidden(kind, name, why)


class Accounts:
    """The accounts of one cluster, by token."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_token = {account.token: account for account in accounts}

    def add(self, account: Account) -> None:
        """Let an account in; one with the same token is replaced."""
        self._by_token[account.token] = account

    def revoke(self, token: str) -> None:
        """From now on the token is answered with 401."""
        self._by_token.pop(token, None)

    def of(self, authorization: str) -> Account | None:
        """The account that an ``Authorization`` header belongs to."""
        scheme, _, token = authorization.partition(" ")
        return self._by_token.get(token.strip()) if scheme.lower() == "bearer" else None
