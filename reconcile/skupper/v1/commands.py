"""Commands for people, as messages end in them."""

from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names


def on(key: SiteKey, arguments: str) -> str:
    """An ``oc`` command in the namespace of a site: ``on cluster a run: oc -n net get pods``."""
    return f"on cluster {key.cluster} run: oc -n {key.namespace} {arguments}"


def recreate_site(key: SiteKey) -> str:
    """What makes the next run create a site and its links once more."""
    return (
        f"to have the next run recreate the site and its links, {on(key, f'delete configmap {names.SITE}')}"
    )
