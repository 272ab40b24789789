"""Dials the issuers of links from inside the namespaces of their diallers: each gets a Job, deleted at the end.

Nothing else of a diagnosis writes. A Job is deleted whatever happens, as soon as its pod has answered, its time is over
or the command is stopped; if this process is killed, Kubernetes does it (`probe_job`).
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import resources

from reconcile.apply.cache import ClusterCache
from reconcile.apply.dialling import Reached
from reconcile.apply.executing import Clusters
from reconcile.kinds import JOB, POD
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.diagnosis import probe_answer, probe_job
from reconcile.skupper.diagnosis.facts import Dialled
from reconcile.skupper.diagnosis.probe_answer import Answers
from reconcile.skupper.diagnosis.probe_job import Probe
from reconcile.skupper.live import LiveObject
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.topology import Link

SOON, EVERY = 0.1, 1.0
"""Seconds between two looks at a pod, at first and at last."""
THREADS = 16
"""Jobs at the same time."""

_GRANT = "apply -f deploy/rbac/diagnose-from-pod.yaml"


@dataclass(frozen=True, slots=True)
class FromPods:
    """How to dial from pods."""

    image: str = ""
    """In place of the router's."""
    within: float = probe_job.PATIENCE
    """Seconds for one Job."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Once it is set, no Job is created, and those that exist are deleted."""
    writing: Callable[[], AbstractContextManager[object]] = nullcontext
    """Entered while there may be Jobs."""
    clock: Callable[[], float] = time.monotonic

    def dial(self, dialled: Mapping[Link, Dialled], clusters: Clusters, ownership: Ownership) -> Reached:
        """Dial each link from the namespace of its dialler, unless the cluster of that was not opened."""
        wanted = [probe for probe in probe_job.probes(dialled) if probe.at.cluster in clusters.accounts]
        with self.writing(), ThreadPoolExecutor(THREADS, thread_name_prefix="probe") as pool:

            def one(probe: Probe) -> Answers:
                return self._run(clusters, probe, ownership.labels)

            found = list(zip(wanted, pool.map(one, wanted), strict=True))
        by_address = {
            (probe.at, address): each for probe, answers in found for address, each in answers.items()
        }
        ends = {link: (link.dialler, each.address) for link, each in dialled.items() if each.address}
        return {link: by_address[end] for link, end in ends.items() if end in by_address}

    def _run(self, clusters: Clusters, probe: Probe, labels: Mapping[str, str]) -> Answers:
        """Create the Job of one probe, wait for its answer, delete it. Raises nothing of a cluster."""
        if not (self.image or probe.router.image):
            hint = "create the site, or name an image with python3 by --image"
            return probe_answer.untried(probe, "there is no router whose image a pod could run", hint)
        if self.stop.is_set():
            return probe_answer.untried(probe, "the command was stopped")
        client, cache = clusters.accounts[probe.at.cluster].client, clusters.caches[probe.at.cluster]
        name = probe_job.PREFIX + secrets.token_hex(5)
        body = probe_job.manifest(probe, name, labels, _program(), self.image)
        try:
            client.create(JOB, body)
        except errors.AlreadyExists:
            pass  # by the first attempt of this request, whose answer was lost: nobody else has this name
        except (errors.Unauthorised, errors.Forbidden, errors.NotFound, errors.Invalid) as error:
            return _refused(probe, error)
        except errors.ClusterError as error:
            # It may have been created all the same.
            return _left(_refused(probe, error), self._delete(client, probe, name))
        try:
            found = self._await(client, cache, probe, name)
        finally:
            leftover = self._delete(client, probe, name)
        return _left(found, leftover)

    def _await(self, client: Client, cache: ClusterCache, probe: Probe, name: str) -> Answers:
        end = self.clock() + self.within
        image = self.image or probe.router.image
        labels = f"{probe_job.LABEL}={name}"
        pause, seen = SOON, list[LiveObject]()
        while True:
            try:
                listed = client.list(POD, namespace=probe.at.namespace, labels=labels).items
            except errors.ClusterError as error:
                return _refused(probe, error)
            seen = [cache.read(POD, item) for item in listed] or seen
            found = probe_answer.answers(probe, seen, image)
            if found is not None:
                return found
            if self.clock() >= end:
                return probe_answer.late(probe, seen, name, self.within)
            if self.stop.wait(pause):
                return probe_answer.untried(probe, "the command was stopped")
            pause = min(EVERY, 2 * pause)

    def _delete(self, client: Client, probe: Probe, name: str) -> str | None:
        """Delete the Job and its pod; why that failed, None if they are gone."""
        try:
            client.delete(JOB, name, probe.at.namespace)
        except errors.NotFound:
            return None
        except errors.ClusterError as error:
            return f"Job {name} is left for Kubernetes to delete: {error}"
        return None


def _program() -> str:
    return resources.files("reconcile.apply").joinpath("probe.py").read_text(encoding="utf-8")


def _refused(probe: Probe, error: errors.ClusterError) -> Answers:
    if isinstance(error, errors.Forbidden) and error.hint.startswith("the account needs"):
        hint = "an admin of the namespace grants it; the file has every right that --from-pod uses"
        return probe_answer.untried(probe, str(error), hint, _GRANT)
    return probe_answer.untried(probe, str(error))


def _left(found: Answers, leftover: str | None) -> Answers:
    return (
        {address: replace(each, leftover=leftover) for address, each in found.items()} if leftover else found
    )
