"""One site-controller process: creates the site of its namespace and answers token requests (``cmd/site-controller``).

It has one worker and a queue of keys, each at most once. An error is logged and the key dropped: nothing is retried
before the next event. While a creation waits for a load balancer, everything else waits with it.
"""

import functools
from collections.abc import Callable, Iterator

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, Kind
from reconcile.openshift.errors import ClusterError
from reconcile.sandbox.skupper import names, tokens, updates
from reconcile.sandbox.skupper.creation import Creation
from reconcile.sandbox.skupper.images import read_images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.rights import read_rights
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings

_FAILURES = (ClusterError, SkupperError, ValueError)
_RETRY = 1.0
"""Seconds."""


class SiteController:
    """The process that a Deployment ``skupper-site-controller`` runs."""

    def __init__(self, deployment: Json, around: Surroundings) -> None:
        self._deployment = deployment
        self._images = read_images(deployment)
        self._around = around
        self._queue: dict[tuple[Kind, str], None] = {}
        self._creation: Iterator[float] | None = None
        self._started = False
        self.deadline: float | None = around.clock.now()
        """When to run again even if nothing happens; set until the start, and while a creation waits."""

    def _start(self) -> None:
        """Start as a new process does: check the version once, then treat everything that exists as new.

        It cannot start before it may list what it watches; like an informer it retries every second.
        """
        if not self._may_watch():
            self.deadline = self._around.clock.now() + _RETRY
            return
        self._started, self.deadline = True, None
        self._say(
            f"Skupper site controller {self._images.version} watching namespace {self._around.namespace}"
        )
        self._attempt("Error updating site", lambda: updates.update_version(self._images, self._around))
        self.notice(CONFIG_MAP, names.SITE)
        self._requeue_requests()

    def notice(self, kind: Kind, name: str) -> None:
        """Queue an object that changed, if the process watches it."""
        if kind == SECRET or (kind == CONFIG_MAP and name == names.SITE):
            self._queue[kind, name] = None

    def run(self) -> None:
        """Work until the queue is empty or a creation has to wait."""
        if not self._started:
            self._start()
        if not self._started:
            return
        if self._creation:
            self._go_on()
        while self._queue and not self._creation:
            kind, name = key = next(iter(self._queue))
            del self._queue[key]
            if kind == CONFIG_MAP:
                self._attempt("Error handling site", self._check_site)
            else:
                check = functools.partial(self._check_request, name)
                self._attempt(f"Failed to generate token for request {name}", check)

    def _check_site(self) -> None:
        settings = self._around.site_settings()
        if settings is None or self._ignored():
            return
        if self._exists():
            self._say(f"Skupper site exists {self._around.namespace}/{names.SITE}")
            around = self._around
            self._attempt("Error checking annotations", lambda: updates.update_annotations(settings, around))
            self._attempt("Error checking router logging", lambda: updates.update_logging(settings, around))
            self._requeue_requests()
            return
        self._say("Initialising skupper site ...")
        rights = read_rights(self._deployment, self._around)
        self._creation = Creation(settings, self._images, rights, self._around).run()
        self._go_on()

    def _go_on(self) -> None:
        creation, self.deadline = self._creation, None
        if creation is None:
            return
        try:
            self.deadline = next(creation)
        except StopIteration:
            self._creation = None
            self._say("Skupper site initialised")
            self._requeue_requests()
        except _FAILURES as error:
            self._creation = None
            self._say(f"Error initialising skupper: {error}")

    def _may_watch(self) -> bool:
        try:
            rights = read_rights(self._deployment, self._around)
        except ClusterError:
            return False
        return all(
            rights.allow(verb, "", what) for what in ("configmaps", "secrets") for verb in ("list", "watch")
        )

    def _exists(self) -> bool:
        """Whether there is a site already: read from the API, so a site that is being deleted counts as well."""
        internal = self._around.read(CONFIG_MAP, names.INTERNAL)
        return internal is not None and self._around.read(DEPLOYMENT, names.ROUTER) is not None

    def _ignored(self) -> bool:
        config_map = self._around.cached(CONFIG_MAP, names.SITE)
        return config_map is not None and names.IGNORE in (config_map["metadata"].get("labels") or {})

    def _check_request(self, name: str) -> None:
        secret = self._around.cached(SECRET, name)
        if secret is None or not tokens.is_request(secret):
            return
        settings = self._around.site_settings()
        if settings is None:
            self._say(f"Cannot handle token request {name}, as site not yet initialised")
            return
        self._say(f"Generating token for request {name}...")
        self._around.client.replace(SECRET, tokens.answer(secret, settings, self._around))

    def _requeue_requests(self) -> None:
        for secret in self._around.cache.within(SECRET, self._around.namespace):
            if tokens.is_request(secret):
                self.notice(SECRET, secret["metadata"]["name"])

    def _attempt(self, failure: str, step: Callable[[], None]) -> None:
        try:
            step()
        except _FAILURES as error:
            self._say(f"{failure}: {error}")

    def _say(self, text: str) -> None:
        self._around.say(names.SITE_CONTROLLER, text)
