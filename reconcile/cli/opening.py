"""Opens the session of a command and checks the names on its command line against the data.

A filter that matches nothing would skip everything and report success, so a misspelt cluster is an error. A namespace
without a declared site may still have leftover resources, so there it is a warning.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from reconcile.cli.options import Common
from reconcile.skupper.limits import DEFAULT_LIMITS, Limits
from reconcile.skupper.sites import SiteKey

if TYPE_CHECKING:
    from threading import Event

    from reconcile.integration import Session

_log = logging.getLogger(__name__)


@contextmanager
def open_session(
    common: Common,
    *,
    limits: Limits = DEFAULT_LIMITS,
    take_over: bool = False,
    stop: "Event | None" = None,
) -> "Iterator[Session]":
    """Open the session; raises ``click.BadParameter`` for a cluster that the data does not have, or a site to cut off
    that it declares."""
    from reconcile import integration

    with integration.open_session(common, limits=limits, take_over=take_over, stop=stop) as session:
        check_names(common, session)
        check_cut(limits, session)
        yield session


def check_names(common: Common, session: "Session") -> None:
    """Refuse unknown clusters, and warn of namespaces that are in no network."""
    for name in sorted(common.selection.clusters - session.clusters):
        hint = _suggestion(name, session.clusters)
        raise click.BadParameter(f"the data has no cluster {name!r}.{hint}", param_hint="'--cluster-name'")
    for name in sorted(common.selection.namespaces - session.namespaces):
        hint = _suggestion(name, session.namespaces)
        _log.warning(
            "no network has a namespace %r: only leftover resources there will be cleaned up.%s", name, hint
        )


def check_cut(limits: Limits, session: "Session") -> None:
    """Refuse to cut off sites that are declared: the next run would connect them again."""
    for site in sorted(limits.cut & session.wanted_sites):
        raise click.BadParameter(
            f"the data declares site {site}: mark it delete: true first, or the next run connects it again",
            param_hint="'--cut'",
        )


def check_networks(networks: Iterable[str], session: "Session", *, option: str = "NETWORK") -> None:
    """Refuse networks that the data does not have; `option` is where they are named."""
    for name in sorted(set(networks) - session.networks):
        hint = _suggestion(name, session.networks)
        raise click.BadParameter(f"the data has no network {name!r}.{hint}", param_hint=f"'{option}'")


def declared_site(site: SiteKey, session: "Session") -> SiteKey:
    """Refuse a site that the data does not declare."""
    if site not in session.wanted_sites:
        hint = _suggestion(str(site), map(str, session.wanted_sites))
        raise click.BadParameter(f"the data declares no site {site}.{hint}", param_hint="'--site'")
    return site


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
