"""``qontract-skupper diagnose``: what sites and links depend on, checked one by one."""

import sys
from functools import partial

import click

from reconcile.cli.exits import SESSION, exit_codes, finishing, handle_errors, stoppable
from reconcile.cli.options import Common, common

_EXITS = {
    0: "no check failed; warnings and what is unknown do not count",
    1: "a check failed",
}


@click.command(epilog=exit_codes(_EXITS, SESSION))
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format: text for people, json for programs.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show also what passed and what was skipped; text output only."
)
@click.option(
    "--dial/--no-dial",
    default=True,
    show_default=True,
    help="Dial the issuers of links from this machine: resolve, connect, TLS handshake, hang up.",
)
@click.option(
    "--from-pod",
    is_flag=True,
    help="Dial from inside the namespaces of the diallers instead: this creates a Job in each, and deletes it.",
)
@click.option(
    "--image",
    metavar="IMAGE",
    default="",
    help="With --from-pod: the image of these Jobs, which must have python3. Default: that of the site's router.",
)
@click.argument("subjects", metavar="[NETWORK | CLUSTER/NAMESPACE | LINK]...", nargs=-1)
@common
@handle_errors
def command(
    common: Common,
    output: str,
    subjects: tuple[str, ...],
    *,
    verbose: bool,
    dial: bool,
    from_pod: bool,
    image: str,
) -> None:
    """Check everything that networks, sites and links depend on; without a name, of all networks.

    A link is written as `status` shows it: 'dialler -> issuer'. A site comes with its links, a link with its sites.
    Only the clusters that these need are read. Each check says what it saw, what that means, the next command and its
    page in docs/checks. What the account may not read is unknown: deploy/rbac/diagnose.yaml has the optional rights.

    Issuers are dialled from this machine as a router would, up to the TLS handshake, which shows the certificate that
    is really presented. No client certificate is used, and nothing is written anywhere.

    With --from-pod that is tried where it counts: inside the namespace of each dialler, with its NetworkPolicies,
    egress and DNS. A Job is created there and deleted at the end, also if you stop the command; nothing else is
    written. It has no token and mounts nothing. deploy/rbac/diagnose-from-pod.yaml has the rights for it.

    \b
    Examples:
      qontract-skupper diagnose --config config.toml
      qontract-skupper diagnose vault --verbose
      qontract-skupper diagnose app-sre-stage-01/skupper-vault-net
      qontract-skupper diagnose 'appsres03ue1/skupper-vault -> app-sre-stage-01/skupper-vault-net'
      qontract-skupper diagnose app-sre-stage-01/skupper-vault-net --from-pod
      qontract-skupper diagnose -o json | jq '.results[] | select(.outcome == "fail")'
    """
    from reconcile.apply import dialling
    from reconcile.apply.from_pods import FromPods
    from reconcile.cli import streams, terminal
    from reconcile.cli.opening import open_session
    from reconcile.report import diagnosis, logs
    from reconcile.skupper.diagnosis.checks import Outcome
    from reconcile.skupper.diagnosis.scope import UnknownSubjectError

    if from_pod and not dial:
        raise click.UsageError("--from-pod and --no-dial exclude each other")
    if image and not from_pod:
        raise click.UsageError("--image is for --from-pod only")
    logs.set_up(common.log_level)
    with stoppable(common.timeout) as stop, open_session(common, stop=stop.flag) as session:
        way: dialling.Dial = dialling.from_here if dial else dialling.nothing
        if from_pod:
            way = FromPods(
                image, stop=stop.flag, writing=partial(finishing, stop, "the deletion of Jobs")
            ).dial
        try:
            results = session.diagnose(subjects, dial=way)
        except UnknownSubjectError as error:
            raise click.BadParameter(str(error), param_hint="'NETWORK | CLUSTER/NAMESPACE | LINK'") from error
        bundle = session.bundle
    # Not within the time-out: a pager may take the output slowly.
    if output == "json":
        streams.say(diagnosis.as_json(results, bundle=bundle))
    else:
        streams.say(diagnosis.as_text(results, colour=terminal.colour(), verbose=verbose))
    if any(result.outcome is Outcome.FAIL for result in results):
        sys.exit(1)
