"""What a run needs of the data before it reads any cluster, so that a merge request fails instead of the next run.

One settings file, a datafile of the integration that declares the schemas that are read, and an address and a token for
every cluster with sites. ``fetching`` and ``accesses`` refuse the same at run time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconcile import INTEGRATION
from reconcile.app_interface.bundle.answering import Answers
from reconcile.app_interface.bundle.model import Bundle, Document
from reconcile.findings import ClusterSubject, Finding, Severity
from reconcile.openshift.connecting import parse_server
from reconcile.skupper.definitions import Cluster

_NAMESPACE = "/openshift/namespace-1.yml"
_SETTINGS = "/app-interface/app-interface-settings-1.yml"
_INTEGRATION = "/app-sre/integration-1.yml"


def check(bundle: Bundle, answers: Answers, faults: Iterable[Finding]) -> Iterator[Finding]:
    """Find what a run over this bundle would refuse; nothing if the bundle has no sites, as a part of the data may not.

    Args:
        bundle: the whole bundle.
        answers: what our queries find in its sound part.
        faults: what was found in it before; a file with a fault is not reported again.
    """
    data = _Datafiles(bundle, frozenset(each.datafile for each in faults if each.severity is Severity.ERROR))
    if any("skupper" in namespace for namespace in data.of(_NAMESPACE).values()):
        yield from _settings(data)
        yield from _integration(data, answers)
        yield from _clusters(answers)


@dataclass(frozen=True, slots=True)
class _Datafiles:
    """The datafiles of a bundle, also those that could not be parsed."""

    bundle: Bundle
    broken: frozenset[str]

    def of(self, schema: str) -> dict[str, Document]:
        return {path: found for path, found in self.bundle.data.items() if found.get("$schema") == schema}

    def may_have(self, text: str) -> bool:
        """True if a file that cannot be used may be the one with this text, so that it cannot be called missing."""
        unread = self.bundle.unreadable
        nameless = any(
            "$schema" not in self.bundle.data.get(path, {}) for path in self.broken - unread.keys()
        )
        return nameless or any(text in found or "$schema" not in found for found in unread.values())


def _settings(data: _Datafiles) -> Iterator[Finding]:
    paths = sorted(data.of(_SETTINGS))
    if len(paths) == 1 or (not paths and data.may_have(_SETTINGS)):
        return
    named = f" ({', '.join(paths)})" if paths else ""
    yield Finding(
        rule="settings",
        message=(
            f"the data has {len(paths)} files of schema {_SETTINGS}{named}. Keep exactly one, where `vault` says where "
            "secrets are"
        ),
        datafile=paths[-1] if paths else "",
    )


def _integration(data: _Datafiles, answers: Answers) -> Iterator[Finding]:
    ours = {path: each for path, each in data.of(_INTEGRATION).items() if each.get("name") == INTEGRATION}
    if not ours and not data.may_have(INTEGRATION):
        yield Finding(
            rule="integration",
            message=(
                f"app-interface has no integration-1 datafile for {INTEGRATION}. "
                "Add one that lists the schemas that it reads"
            ),
        )
    for path, document in sorted(ours.items()):
        if path in data.broken:
            continue
        undeclared = sorted(answers.schemas - set(document.get("schemas") or ()))
        if undeclared:
            yield Finding(
                rule="undeclared-schemas",
                message=(
                    f"{INTEGRATION} reads schemas that are not declared: {', '.join(undeclared)}. Add them to `schemas`"
                ),
                datafile=path,
                pointer=("schemas",),
            )


def _clusters(answers: Answers) -> Iterator[Finding]:
    named = {site.cluster.name: site.cluster for net in answers.definitions.networks for site in net.sites}
    for name, cluster in sorted(named.items()):
        if cluster.disabled:
            continue
        fault = _address(cluster)
        if fault:
            yield _about(cluster, "server-url", "serverUrl", fault)
        if answers.credentials[name].automation is None:
            message = "has neither automationToken nor an active one in automationTokens. Add one"
            yield _about(cluster, "no-token", "automationToken", message)


def _address(cluster: Cluster) -> str:
    if not cluster.server_url:
        return "has no serverUrl yet. Set it once the cluster exists, or disable the integration there until then"
    try:
        parse_server(cluster.server_url, insecure=False)
    except ValueError as error:
        return f"cannot be used: {error}. Correct serverUrl"
    return ""


def _about(cluster: Cluster, rule: str, key: str, message: str) -> Finding:
    return Finding(
        rule=rule,
        message=f"cluster {cluster.name} has sites and {message}",
        datafile=cluster.path,
        pointer=(key,),
        subject=ClusterSubject(cluster.name),
    )
