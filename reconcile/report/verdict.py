"""How things stand, in one line; the same words at the end of a plan and of a status."""

from reconcile.report.wording import counted
from reconcile.skupper.plan import LinkState, Plan


def verdict(plan: Plan) -> str:
    """How many declared links are up, how many of them in reserve, how many are not, and whether there are errors."""
    errors = f" {counted(len(plan.errors), 'error')}, see above." if plan.errors else ""
    return _of_links(plan) + errors


def _of_links(plan: Plan) -> str:
    managed = [link for link in plan.links if link.managed]
    left = len(plan.links) - len(managed)
    if not managed:
        return f"{counted(left, 'link')} left alone." if left else "No links."
    others = f", {left} left alone" if left else ""
    bad = sum(not link.settled for link in managed)
    if bad:
        verb = "is" if bad == 1 else "are"
        return f"{bad} of {counted(len(managed), 'declared link')} {verb} not up{others}."
    reserve = sum(link.state is LinkState.STANDBY for link in managed)
    tail = (f", {reserve} of them on standby" if reserve else "") + others
    good = len(managed)
    return f"All {good} declared links are up{tail}." if good > 1 else f"The one declared link is up{tail}."
