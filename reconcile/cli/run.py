"""``qontract-skupper run``: make the clusters match the data."""

import sys
import time

import click

from reconcile.cli.exits import SESSION, exit_codes, exit_now, handle_errors, stoppable
from reconcile.cli.options import Common, Duration, common, limits, take_over
from reconcile.skupper.limits import Limits

_EXITS = {
    0: "everything is as declared; in a dry run: no errors",
    1: "something failed or is refused, or a declared link did not come up in time",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@click.option(
    "--dry-run/--no-dry-run", default=False, show_default=True, help="Print every action without applying it."
)
@click.option(
    "--wait",
    type=Duration(),
    default="5m",
    show_default=True,
    help="How long to wait for links to come up; 0: apply what is possible now and leave the rest to the next run.",
)
@take_over
@common
@limits
@handle_errors
def command(common: Common, dry_run: bool, wait: float, limits: Limits, take_over: bool) -> None:
    """Make the clusters match the data, and wait until the links are up.

    One line per change, and one at the end that sums up. A run that is interrupted, by a signal or a crash, is
    completed by the next one.

    \b
    Examples:
      qontract-skupper run --config config.toml --dry-run
      qontract-skupper run --config config.toml --cluster-name app-sre-stage-01
      qontract-skupper run --config config.toml --wait 0
      qontract-skupper run --config config.toml --timeout 15m
    """
    from reconcile.cli.opening import open_session
    from reconcile.cli.progress import bar_on_terminal
    from reconcile.cli.reporting import RunReporter
    from reconcile.report import logs

    logs.set_up(common.log_level, dry_run=dry_run)
    started = time.monotonic()
    with (
        stoppable(common.timeout) as stop,
        open_session(common, limits=limits, take_over=take_over, stop=stop.flag) as session,
    ):
        stop.gentle, stop.finishing = not dry_run, "the requests in flight"
        with bar_on_terminal(wanted=not dry_run) as bar:
            reporter = RunReporter(bar)
            reporter.findings(session.findings, warnings=dry_run)
            run = session.run(reporter)
            outcome = run.preview() if dry_run else run.execute(wait)
            failed = reporter.summarize(outcome, dry_run=dry_run, wait=wait, stopped_by=stop.reason)
            if not dry_run:
                reporter.conclude(outcome, bundle=session.bundle, seconds=time.monotonic() - started)
        session.log_requests()
    if outcome.stopped:
        exit_now(stop.code)
    if failed:
        sys.exit(1)
