"""However writes, watches and LISTs overtake one another, the cache ends up right."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from reconcile.apply.cache import ClusterCache
from reconcile.apply.scopes import Scope
from reconcile.kinds import CONFIG_MAP
from reconcile.openshift.messages import Listing
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.list_requests import ListRequest
from reconcile.skupper.live import LiveObject

from .fakes import FakeClient

OWNERS = ("us", "them")
NAMES = st.sampled_from(["x", "y"])
OWNER = st.sampled_from([*OWNERS, "nobody"])
STEP = st.one_of(
    st.tuples(st.just("put"), NAMES, OWNER),
    st.tuples(st.just("write"), NAMES, OWNER),
    st.tuples(st.just("drop"), NAMES),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("answer")),
    st.tuples(st.just("see"), st.sampled_from(OWNERS)),
)
LIST = st.tuples(st.just("look"), st.sampled_from(OWNERS), st.lists(STEP, max_size=5))
STEPS = st.lists(st.one_of(STEP, LIST), max_size=30)


@dataclass
class Interleaved:
    """A server with two selectors, each listed and watched, and a cache that all news reaches some time."""

    watched: bool
    client: FakeClient = field(default_factory=FakeClient)
    cache: ClusterCache = field(default_factory=ClusterCache)

    def __post_init__(self) -> None:
        self.scopes = {
            owner: Scope(ListRequest(CONFIG_MAP, labels=f"owner={owner}"), None, "0") for owner in OWNERS
        }
        self.events: dict[str, list[WatchEvent]] = {owner: [] for owner in OWNERS}
        self.answers: list = []

    # -- on the server: each change is an event for those whose selector it concerns

    def put(self, name: str, owner: str) -> dict:
        before = self._body(name)
        after = self.client.put(name, labels={"owner": owner})
        self._emit(before, after, after["metadata"]["resourceVersion"])
        return after

    def drop(self, name: str) -> dict | None:
        before = self._body(name)
        if before:
            gone = self.client.drop(name)
            self._emit(before, None, gone["metadata"]["resourceVersion"])
        return before

    def _body(self, name: str) -> dict | None:
        found = self.client.list(CONFIG_MAP, fields=f"metadata.name={name}").items
        return found[0] if found else None

    def _emit(self, before: dict | None, after: dict | None, version: str) -> None:
        for owner in OWNERS:
            was = bool(before) and before["metadata"]["labels"]["owner"] == owner
            now = bool(after) and after["metadata"]["labels"]["owner"] == owner
            if was and not now:
                last = {**before, "metadata": {**before["metadata"], "resourceVersion": version}}
                self.events[owner].append(WatchEvent("DELETED", last))
            elif now:
                self.events[owner].append(WatchEvent("MODIFIED" if was else "ADDED", after))

    # -- by us

    def write(self, name: str, owner: str) -> None:
        """What the server answers is put into the cache later."""
        body = self.put(name, owner)
        self.answers.append(lambda: self.cache.put(LiveObject.from_manifest(CONFIG_MAP, body)))

    def delete(self, name: str) -> None:
        gone = self.drop(name)
        if gone:
            self.answers.append(lambda: self.cache.remove(CONFIG_MAP, "net", name, gone["metadata"]["uid"]))

    def answer(self) -> None:
        if self.answers:
            self.answers.pop(0)()

    def see(self, owner: str) -> None:
        if self.watched and self.events[owner]:
            self.scopes[owner].handle_event(self.events[owner].pop(0), self.cache)

    def look(self, owner: str, meanwhile: list[tuple]) -> None:
        """The server answers a LIST; before the answer arrives, more happens."""

        def answer(kind, **options) -> Listing:
            found = self.client.list(kind, **options)
            self.play(meanwhile)
            return found

        slow = FakeClient()
        slow.list = answer
        self.scopes[owner].list_again(slow, self.cache)

    def play(self, steps: list[tuple]) -> None:
        for what, *words in steps:
            getattr(self, what)(*words)

    def arrive(self) -> None:
        """All that is under way arrives."""
        while self.answers:
            self.answer()
        for owner in OWNERS:
            while self.watched and self.events[owner]:
                self.see(owner)

    def list_again(self) -> None:
        for owner in OWNERS:
            self.scopes[owner].list_again(self.client, self.cache)

    def shown(self) -> dict[str, str]:
        return {
            key.name: live.resource_version
            for key, live in self.cache.snapshot().objects.items()
            if live.labels["owner"] in OWNERS
        }

    def there(self) -> dict[str, str]:
        found = [*self.client.list(CONFIG_MAP, labels="owner=us").items]
        found += self.client.list(CONFIG_MAP, labels="owner=them").items
        return {body["metadata"]["name"]: body["metadata"]["resourceVersion"] for body in found}


@given(STEPS, st.booleans())
def test_a_round_of_lists_makes_the_cache_right(steps: list[tuple], watched: bool):
    played = Interleaved(watched)
    played.play(steps)
    played.arrive()
    played.list_again()
    assert played.shown() == played.there()


@given(st.lists(STEP, max_size=30))
def test_watches_alone_make_the_cache_right(steps: list[tuple]):
    played = Interleaved(watched=True)
    played.play(steps)
    played.arrive()
    assert played.shown() == played.there()
