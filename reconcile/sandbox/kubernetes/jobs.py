"""Jobs of simulated clusters: the Job controller, and a node that takes every pod.

A pod ends as soon as its container does. The only container that there is anything to run of is our own probe, which
then dials from this machine in earnest; any other ends at once with exit code 127.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from reconcile.apply import probe
from reconcile.sandbox.kubernetes.catalogue import Resource
from reconcile.sandbox.kubernetes.errors import ApiError, Object
from reconcile.sandbox.kubernetes.store import Record
from reconcile.sandbox.kubernetes.writes import Options, Target, Writer

_OPTIONS = Options(manager="kube-controller-manager")


class Ended(NamedTuple):
    """How a container ended."""

    code: int
    message: str = ""
    """What it wrote to its termination message."""


Container = Callable[[Sequence[str]], Ended]
"""Runs the command of a container, in a thread of its own."""

_ARGUMENTS = 1


def run(command: Sequence[str]) -> Ended:
    """Run our probe, if the command is that one."""
    with suppress(ValueError, TypeError, IndexError):
        arguments = json.loads(command[-_ARGUMENTS])
        if command[0] == "python3" and probe.__doc__ and probe.__doc__ in command[-_ARGUMENTS - 1]:
            return Ended(0, probe.report(*arguments))
    return Ended(127)


class Jobs:
    """Runs the Jobs of one cluster, each once."""

    def __init__(self, writer: Writer, pods: Resource) -> None:
        self._writer = writer
        self._pods = pods
        self._started: set[str] = set()

    def start(self, seen: Record, container: Container | None) -> None:
        """Create the pod of a Job and run its container; without a container the pod stays pending."""
        job = self._writer.store.get(seen.resource.kind, *seen.key)
        if job is None or job.uid != seen.uid or job.uid in self._started:
            return
        self._started.add(job.uid)
        with suppress(ApiError):  # the namespace is going away
            pod = self._writer.create(Target(self._pods, job.namespace), _pod(job), _OPTIONS).record
            self._report(pod, {"phase": "Pending"})
            if container:
                loop = asyncio.get_running_loop()
                arguments = (pod, container, loop)
                threading.Thread(target=self._run, args=arguments, name="pod", daemon=True).start()

    def _run(self, pod: Record, container: Container, loop: asyncio.AbstractEventLoop) -> None:
        spec = pod.object["spec"]["containers"][0]
        ended = container(spec.get("command") or ())
        with suppress(RuntimeError):  # the cluster is gone
            loop.call_soon_threadsafe(self._end, pod, spec["name"], ended)

    def _end(self, pod: Record, name: str, ended: Ended) -> None:
        current = self._writer.store.get(pod.resource.kind, *pod.key)
        if current is None or current.uid != pod.uid:
            return
        terminated = {
            "exitCode": ended.code,
            "reason": "Error" if ended.code else "Completed",
            "message": ended.message,
        }
        statuses = [{"name": name, "ready": False, "restartCount": 0, "state": {"terminated": terminated}}]
        phase = "Failed" if ended.code else "Succeeded"
        self._report(current, {"phase": phase, "containerStatuses": statuses})

    def _report(self, pod: Record, status: Object) -> None:
        target = Target(pod.resource, pod.namespace, pod.name, "status")
        self._writer.replace(target, {**pod.object, "status": status}, Options(manager="kubelet"))


def _pod(job: Record) -> Object:
    template = job.object["spec"]["template"]
    owner = {
        "apiVersion": job.resource.kind.api_version,
        "kind": job.resource.kind.name,
        "name": job.name,
        "uid": job.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {
        "generateName": f"{job.name}-",
        "namespace": job.namespace,
        "labels": template["metadata"]["labels"],
        "ownerReferences": [owner],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": template["spec"],
    }
