"""What the commands that give an order share: their options, and the run that carries an order out.

An order is about declared sites. The run reads the clusters of their networks only, and changes nothing else there.
"""

import getpass
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from reconcile.cli.exits import exit_now, stoppable
from reconcile.cli.options import Common, Place

if TYPE_CHECKING:
    from reconcile.apply.running import Outcome
    from reconcile.integration import Session
    from reconcile.skupper.orders import Order

dry_run = click.option(
    "--dry-run/--no-dry-run", default=False, show_default=True, help="Print every action without applying it."
)

site = click.option(
    "--site",
    required=True,
    type=Place(),
    metavar="CLUSTER/NAMESPACE",
    help="The declared site that it is about.",
)


def caller() -> str:
    """Who runs this program, for people: ``alice``; in a pod the name of the pod."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return os.environ.get("HOSTNAME", "an unknown user")


def carry_out(
    common: Common,
    make_order: "Callable[[Session], Order]",
    *,
    dry_run: bool,
    wait: float,
    left: "Callable[[Outcome], str]",
) -> None:
    """Carry an order out and end the command; `left` says what of it is not done at the end of the run, or nothing."""
    from reconcile.cli.opening import open_session
    from reconcile.cli.progress import bar_on_terminal
    from reconcile.cli.reporting import RunReporter
    from reconcile.report import logs

    logs.set_up(common.log_level, dry_run=dry_run)
    started = time.monotonic()
    with stoppable(common.timeout) as stop, open_session(common, stop=stop.flag) as session:
        order = make_order(session)
        stop.gentle, stop.finishing = not dry_run, "the requests in flight"
        with bar_on_terminal(wanted=not dry_run) as bar:
            reporter = RunReporter(bar)
            run = session.run(reporter, order=order)
            outcome = run.preview() if dry_run else run.execute(wait)
            failed = reporter.summarize(outcome, dry_run=dry_run, wait=wait, stopped_by=stop.reason)
            unfinished = "" if dry_run else left(outcome)
            if unfinished:
                reporter.unfinished(unfinished)
            if not dry_run:
                reporter.conclude(outcome, bundle=session.bundle, seconds=time.monotonic() - started)
        session.log_requests()
    if outcome.stopped:
        exit_now(stop.code)
    if failed or unfinished:
        sys.exit(1)
