"""What ``status`` shows: once, at the end of a wait, or again whenever it changed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import click

from reconcile.apply.running import Outcome, now
from reconcile.cli import streams, terminal
from reconcile.cli.progress import Bar
from reconcile.report import narrowing, plan_json, status_text
from reconcile.report.wording import counted
from reconcile.skupper.plan import LinkObservation, LinkReport, Plan, SiteState

_log = logging.getLogger("reconcile.cli.status")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The part of a status that is shown, and how."""

    bundle: str
    json: bool = False
    networks: tuple[str, ...] = ()
    """Empty for all."""
    only_broken: bool = False

    def plan(self, outcome: Outcome) -> Plan:
        """The plan of the networks that are shown."""
        return narrowing.of_networks(outcome.plan, self.networks) if self.networks else outcome.plan

    def text(self, outcome: Outcome, moment: datetime, *, one_line: bool = False) -> str:
        """Tables, or a JSON document, which may be on one line."""
        plan = self.plan(outcome)
        if self.json:
            shown = narrowing.of_broken(plan) if self.only_broken else plan
            return plan_json.status(shown, bundle=self.bundle, failures=outcome.failures, one_line=one_line)
        width, colour = terminal.width(), terminal.colour()
        return status_text.text(plan, moment, width=width, colour=colour, only_broken=self.only_broken)

    def show(self, outcome: Outcome) -> None:
        """Print the status on stdout and what could not be read on stderr."""
        streams.say(self.text(outcome, now()))
        show_failures(outcome)

    def unfinished(self, outcome: Outcome) -> str:
        """What a wait still waits for, in short; empty if every link is up and every site is as declared."""
        if outcome.failures:
            return outcome.failures[0]
        found = self.plan(outcome).unfinished
        if not found:
            return ""
        first = found[0]
        what = f"link {first.link}" if isinstance(first, LinkReport) else f"site {first.key}"
        reason = f": {first.reason}" if first.reason else ""
        others = f" ({counted(len(found) - 1, 'other')} as well)" if len(found) > 1 else ""
        return f"{what} is {first.state}{reason}{others}"

    def is_bad(self, outcome: Outcome) -> bool:
        """True if the exit code is 1: something is down, not up, refused, or could not be read."""
        plan = self.plan(outcome)
        not_up = any(link.managed and not link.converged for link in plan.links)
        down = any(site.state is SiteState.DOWN for site in plan.sites)
        return bool(outcome.failures or plan.errors or not_up or down)


def show_failures(outcome: Outcome) -> None:
    """Print what could not be read."""
    for failure in outcome.failures:
        streams.say(f"Error: {failure}", err=True)


class Wait:
    """Sees states until everything shown is as declared, and shows on a bar or logs what is left."""

    def __init__(self, view: View, bar: Bar | None = None) -> None:
        self._view = view
        self._bar = bar
        self._logged = ""
        self.outcome = Outcome()

    def __call__(self, outcome: Outcome) -> bool:
        self.outcome = outcome
        left = self._view.unfinished(outcome)
        if self._bar:
            self._bar.show(self._view.plan(outcome))
        elif left not in {"", self._logged}:
            self.waiting(left)
        self._logged = left
        return not left

    def waiting(self, left: str) -> None:
        """Log what is waited for."""
        _log.info("waiting: %s", left)


@dataclass(slots=True)
class Watch:
    """Sees states, and shows each that differs from the one before in more than its age."""

    view: View
    clock: Callable[[], datetime] = now
    _began: datetime | None = None
    _shown: str | None = None
    _failures: list[str] = field(default_factory=list)

    def __call__(self, outcome: Outcome) -> bool:
        moment = self.clock()
        self._began = self._began or moment
        essence = self.view.text(replace(outcome, plan=_timeless(outcome.plan)), self._began)
        if (essence, outcome.failures) != (self._shown, self._failures):
            self._show(outcome, moment)
            self._shown, self._failures = essence, outcome.failures
        return False

    def _show(self, outcome: Outcome, moment: datetime) -> None:
        text = self.view.text(outcome, moment, one_line=True)
        if not self.view.json:
            head = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
            if terminal.redraws():
                click.clear()
                head += ", shown again when it changes; Ctrl-C to stop"
            elif self._shown is not None:
                head = f"\n{head}"
            text = f"{head}\n{text}"
        streams.say(text)
        show_failures(outcome)


def _timeless(plan: Plan) -> Plan:
    """The plan without the times at which the ends of links last reported, which change all the time."""
    links = (
        replace(link, dialler=_undated(link.dialler), issuer=_undated(link.issuer)) for link in plan.links
    )
    return replace(plan, links=tuple(links))


def _undated(observation: LinkObservation) -> LinkObservation:
    return replace(observation, at=None)
