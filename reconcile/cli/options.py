"""Options that several commands share, and how their values are parsed."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from reconcile.report.logs import LEVELS
from reconcile.skupper.limits import Limits
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """A duration such as ``90s``, ``5m``, ``1h`` or ``0``; its value is in seconds."""

    name = "duration"

    def __init__(self, *, positive: bool = False) -> None:
        """With ``positive``, 0 is refused."""
        self._positive = positive

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h|)", str(value))
        if not match:
            self.fail(f"{value!r} is not a valid duration; write 90s, 5m, 1h or 0", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if self._positive and not seconds:
            self.fail(f"{value!r} must be greater than zero", param, ctx)
        return seconds


class Place(click.ParamType[SiteKey]):
    """A site, written ``cluster/namespace``."""

    name = "site"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SiteKey:
        if isinstance(value, SiteKey):
            return value
        return SiteKey.parse(str(value)) or self.fail(
            f"{value!r} is not a site; write CLUSTER/NAMESPACE", param, ctx
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The values of the options that ``run``, ``plan`` and ``status`` share."""

    config: Path
    log_level: str
    thread_pool_size: int
    timeout: float
    request_timeout: float
    selection: Selection
    pin_sha: bool
    validate_schemas: bool


def common(command: F) -> F:
    """Add the shared options; the command receives them as one argument ``common``."""

    def wrapped(**given: Any) -> Any:
        shared = Common(
            config=given.pop("config"),
            log_level=given.pop("log_level"),
            thread_pool_size=given.pop("thread_pool_size"),
            timeout=_timeout(
                given.pop("timeout"), given.get("wait") or 0.0, endless=given.get("watch", False)
            ),
            request_timeout=given.pop("request_timeout"),
            selection=Selection(
                internal=given.pop("internal"),
                clusters=frozenset(given.pop("cluster_name")),
                namespaces=frozenset(given.pop("namespace_name")),
            ),
            pin_sha=given.pop("gql_sha_url"),
            validate_schemas=given.pop("validate_schemas"),
        )
        return command(common=shared, **given)

    return _with_options(wrapped, command, _OPTIONS)


def _with_options(wrapped: Callable[..., Any], command: F, options: Sequence[Callable[[Any], Any]]) -> F:
    """Make `wrapped` stand for `command`, with more options."""
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    for option in reversed(options):
        wrapped = option(wrapped)
    # Options of the command itself, added by decorators below this one, are listed first in its help.
    params = getattr(command, "__click_params__", [])
    wrapped.__click_params__ = [*wrapped.__click_params__, *params]  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


TIMEOUT = 600.0
"""Seconds for all that a command does besides waiting for links; fleets of thousands of sites take a part of that."""


def _timeout(given: float | None, wait: float, *, endless: bool) -> float:
    """Seconds until the command is stopped, 0 for never. A default that ignored ``--wait`` would cut it short."""
    if given is not None:
        return given
    return 0.0 if endless else TIMEOUT + wait


_OPTIONS = [
    click.option(
        "--config",
        envvar="QONTRACT_CONFIG",
        show_envvar=True,
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="Configuration file (TOML) with the GraphQL server and the secrets.",
    ),
    click.option(
        "--log-level",
        envvar="QONTRACT_LOG_LEVEL",
        show_envvar=True,
        default="INFO",
        show_default=True,
        type=click.Choice(LEVELS, case_sensitive=False),
        metavar="LEVEL",
        help=f"Minimum level of log lines on stderr: {', '.join(LEVELS)}.",
    ),
    click.option(
        "--thread-pool-size",
        default=10,
        show_default=True,
        type=click.IntRange(1, 100),
        metavar="N",
        help="Namespaces processed in parallel, per cluster.",
    ),
    click.option(
        "--timeout",
        type=Duration(),
        default=None,
        show_default="10m, after --wait",
        help="Maximum duration of the command; then nothing new is started and the rest is reported. 0: no limit.",
    ),
    click.option(
        "--request-timeout",
        type=Duration(positive=True),
        default="10s",
        show_default=True,
        help="How long to wait for the first byte of a cluster's response; the whole of it may take twice as long.",
    ),
    click.option(
        "--internal/--external",
        default=None,
        help="Read and change internal clusters only, or all others only.  [default: both]",
    ),
    click.option(
        "--cluster-name",
        multiple=True,
        metavar="NAME",
        help="Read and change this cluster only; repeatable.",
    ),
    click.option(
        "--namespace-name",
        multiple=True,
        metavar="NAME",
        help="Change this namespace only, on any cluster; repeatable.",
    ),
    click.option(
        "--gql-sha-url/--no-gql-sha-url",
        default=True,
        show_default=True,
        help="Send all queries to the bundle that is current at the start.",
    ),
    click.option(
        "--validate-schemas/--no-validate-schemas",
        default=True,
        show_default=True,
        help="Require that the integration's datafile declares all schemas that were read.",
    ),
]

_LIMITS = [
    click.option(
        "--max-removals",
        type=click.IntRange(0),
        metavar="N",
        default=10,
        show_default=True,
        help="Maximum number of sites, links and policies to remove in 24 hours, by all runs together; of a network "
        "that would exceed it, nothing is removed. Sites that `approvals` in the data name do not count.",
    ),
    click.option(
        "--removal-delay",
        type=Duration(),
        default="30m",
        show_default=True,
        help="How long a site must be missing from the data before it is removed; delete: true removes it at once.",
    ),
    click.option(
        "--cut",
        multiple=True,
        type=Place(),
        metavar="CLUSTER/NAMESPACE",
        help="Delete the links of this site at once, whatever depends on them, then the site; repeatable. The data "
        "must not declare it, or mark it delete: true.",
    ),
    click.option(
        "--confirm-origin/--no-confirm-origin",
        default=False,
        show_default=True,
        help="Accept data from another GraphQL server than before, and record it on the clusters.",
    ),
]


def limits(command: F) -> F:
    """Add the options about removals; the command receives them as one argument ``limits``."""

    def wrapped(**given: Any) -> Any:
        found = Limits(
            budget=given.pop("max_removals"),
            delay=timedelta(seconds=given.pop("removal_delay")),
            cut=frozenset(given.pop("cut")),
            confirm_origin=given.pop("confirm_origin"),
        )
        return command(limits=found, **given)

    return _with_options(wrapped, command, _LIMITS)


take_over = click.option(
    "--take-over/--no-take-over",
    default=False,
    show_default=True,
    help="Adopt sites managed by skupper_network, with their links. Remove them from its data first.",
)
