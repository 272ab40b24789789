"""Objects of ours that have lost their labels: recognised by other proof, so that a plan restores the labels.

Without labels an object would look like somebody else's: a site would be refused for ever, and a token would link two
sites unseen. An object with a label of anybody else does not count.

What else proves each of them:
- the Secret of a link: its name and annotations, which agree with its namespace, and our field manager;
- ``skupper-site``: our field manager, and other objects of ours in its namespace;
- the ServiceAccount: nobody else applied it, and a Deployment of ours beside it runs as it. It has no other field that
  our field manager could own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.ownership import FIELD_MANAGER, Ownership
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names, provenance
from reconcile.skupper.v1.tokens import LinkSecret


def unlabelled(live: LiveObject) -> bool:
    """True if no label says whose this object is; those by which Skupper works do not."""
    return all(key.partition("/")[0].endswith("skupper.io") for key in live.labels)


def secrets(inputs: PlanInput, namespaces: Iterable[SiteKey]) -> Iterator[LinkSecret]:
    """The link Secrets in these namespaces that have lost our labels, as they are once they have them back."""
    wanted = frozenset(namespaces)
    for cluster, snapshot in sorted(inputs.snapshots.items()):
        for key, live in snapshot.objects.items():
            at = SiteKey(cluster, key.namespace)
            if key.kind != SECRET or at not in wanted or live.deleting or not unlabelled(live):
                continue
            link = provenance.ends(live)
            if link and at in {link.dialler, link.issuer} and provenance.written(live):
                found = LinkSecret(link, at, live)
                yield LinkSecret(link, at, replace(live, labels=_labels(found, inputs.ownership)))


def restore(secret: LinkSecret, network: str) -> Change:
    """Give a link's Secret its labels back."""
    return Change(
        verb=Verb.PATCH,
        cluster=secret.at.cluster,
        namespace=secret.at.namespace,
        kind=SECRET,
        name=secret.name,
        network=network,
        reason="it has lost its labels",
        body={"metadata": {"labels": dict(secret.live.labels)}},
        link=secret.link,
    )


def config_map(live: LiveObject, beside: Iterable[LiveObject]) -> bool:
    """True if this ``skupper-site`` is ours without its labels; `beside` are all proven objects in its namespace."""
    return unlabelled(live) and provenance.applied(live) and any(part.key != live.key for part in beside)


def restore_config_map(at: SiteKey, ownership: Ownership, network: str) -> Change:
    """Give ``skupper-site`` its labels back."""
    return Change(
        verb=Verb.PATCH,
        cluster=at.cluster,
        namespace=at.namespace,
        kind=CONFIG_MAP,
        name=names.SITE,
        network=network,
        reason="it has lost its labels",
        body={"metadata": {"labels": dict(ownership.labels)}},
    )


def service_account(live: LiveObject, beside: Iterable[LiveObject]) -> bool:
    """True if this is the ServiceAccount of our site-controller without its labels."""
    others = {entry.manager for entry in managed_fields(live) if entry.applied} - {FIELD_MANAGER}
    return (
        (live.key.kind, live.key.name) == (SERVICE_ACCOUNT, names.SITE_CONTROLLER)
        and unlabelled(live)
        and not live.owners
        and not others
        and any((part.key.kind, part.key.name) == (DEPLOYMENT, names.SITE_CONTROLLER) for part in beside)
    )


def _labels(secret: LinkSecret, ownership: Ownership) -> dict[str, str]:
    if names.PARKED in secret.live.annotations:
        # A token out of use stays that: only this label puts it back.
        return {**secret.live.labels, **ownership.labels}
    filled = secret.delivered or bool(secret.live.certificates)
    kind_of = names.TOKEN if filled else names.REQUEST
    return {names.TYPE: kind_of, **secret.live.labels, **ownership.labels}
