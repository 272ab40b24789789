"""One site-controller process: creates the site of its namespace and answers token requests (``cmd/site-controller``).

It has one worker and a queue of keys, each at most once. An error is logged and the key dropped: nothing is retried
before the next event. One token is made after the other, and while a creation waits for a load balancer, everything
else waits with it.
"""

from collections.abc import Callable, Iterator

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, Kind
from reconcile.openshift.errors import ClusterError
from reconcile.sandbox.skupper import names, tokens, updates
from reconcile.sandbox.skupper.creation import Creation
from reconcile.sandbox.skupper.images import read_images
from reconcile.sandbox.skupper.names import Json
from reconcile.sandbox.skupper.rights import Rights, read_rights
from reconcile.sandbox.skupper.settings import Settings
from reconcile.sandbox.skupper.surroundings import SkupperError, Surroundings
from reconcile.sandbox.skupper.timing import Duration

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
        self._work: Iterator[float] | None = None
        """What the worker is at, if that takes time."""
        self._failure = ""
        """What the log says if it fails."""
        self._started = False
        self.deadline: float | None = around.clock.now()
        """When to run again even if nothing happens; set until the start, and while the worker waits."""

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
        """Work until the queue is empty or the worker has to wait."""
        if not self._started:
            self._start()
        if not self._started:
            return
        self._go_on()
        while self._queue and not self._work:
            kind, name = key = next(iter(self._queue))
            del self._queue[key]
            if kind == CONFIG_MAP:
                self._attempt("Error handling site", self._check_site)
            else:
                self._begin(f"Failed to generate token for request {name}", self._answer(name))

    def _check_site(self) -> None:
        settings = self._around.site_settings()
        if settings is None or self._ignored():
            return
        if self._exists():
            self._say(f"Skupper site exists {self._around.namespace}/{names.SITE}")
            around = self._around
            self._attempt(
                "Error checking router logging and annotations",
                lambda: updates.update_logging_and_annotations(settings, around),
            )
            self._requeue_requests()
            return
        self._say("Initialising skupper site ...")
        rights = read_rights(self._deployment, self._around)
        self._begin("Error initialising skupper", self._create(settings, rights))

    def _create(self, settings: Settings, rights: Rights) -> Iterator[float]:
        yield from Creation(settings, self._images, rights, self._around).run()
        self._say("Skupper site initialised")
        self._requeue_requests()

    def _begin(self, failure: str, work: Iterator[float]) -> None:
        self._failure, self._work = failure, work
        self._go_on()

    def _go_on(self) -> None:
        work, self.deadline = self._work, None
        if work is None:
            return
        try:
            self.deadline = next(work)
        except StopIteration:
            self._work = None
        except _FAILURES as error:
            self._work = None
            self._say(f"{self._failure}: {error}")

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

    def _answer(self, name: str) -> Iterator[float]:
        secret = self._around.cached(SECRET, name)
        if secret is None or not tokens.is_request(secret):
            return
        settings = self._around.site_settings()
        if settings is None:
            self._say(f"Cannot handle token request {name}, as site not yet initialised")
            return
        self._say(f"Generating token for request {name}...")
        yield from self._around.wait(self._around.after(self._around.clock.now(), Duration.TOKEN, name))
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
