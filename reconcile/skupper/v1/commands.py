"""Commands for people, as messages end in them."""

from collections.abc import Sequence

from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names


def on(key: SiteKey, arguments: str) -> str:
    """An ``oc`` command in the namespace of a site: ``on cluster a run: oc -n net get pods``."""
    return f"on cluster {key.cluster} run: oc -n {key.namespace} {arguments}"


def restart_creation(key: SiteKey, deployment: str) -> str:
    """What makes Skupper create the Deployments of a site once more: without this one, after a restart."""
    return (
        on(key, f"delete deploy/{deployment} --ignore-not-found")
        + f" && oc -n {key.namespace} rollout restart deploy/{names.SITE_CONTROLLER}"
    )


def end_cut(key: SiteKey) -> str:
    """What links a site again that is cut off."""
    return f"run: qontract-skupper cut --site {key} --end"


def revoke(key: SiteKey) -> str:
    """What makes a site refuse all tokens that it has issued so far."""
    return f"run: qontract-skupper revoke --site {key}"


def recreate_site(key: SiteKey, *, without: Sequence[str] = ()) -> str:
    """What makes the next run create a site and its links once more, `without` Secrets that would survive it."""
    secrets = f"delete secret {' '.join(without)} && oc -n {key.namespace} " if without else ""
    command = on(key, f"{secrets}delete configmap {names.SITE}")
    return f"to have the next run recreate the site and its links, {command}"
