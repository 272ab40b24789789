"""One change, and what it meets: the cache shows what is there afterwards, and only real writes count."""

import traceback
from dataclasses import replace
from types import FrameType

import pytest

from reconcile.apply import executing
from reconcile.apply.cache import ClusterCache
from reconcile.apply.executing import Clusters, HandOverError
from reconcile.apply.observing import Accounts
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import errors
from reconcile.skupper.live import LiveObject, ObjectKey
from reconcile.skupper.plan import Verb

from .fakes import FakeClient, change, error, hand_over, manifest

KEY = ObjectKey(CONFIG_MAP, "net", "x")
TOKEN = ObjectKey(SECRET, "net", "token")


class Scenario:
    """Two clusters, and the caches of them."""

    def __init__(self) -> None:
        self.a, self.b = FakeClient("a"), FakeClient("b")
        self.caches = {"a": ClusterCache(), "b": ClusterCache()}
        self.clusters = Clusters({"a": Accounts(self.a), "b": Accounts(self.b)}, self.caches)

    def know(self, body: dict, kind=CONFIG_MAP, cluster: str = "a") -> dict:
        self.caches[cluster].put(LiveObject.from_manifest(kind, body))
        return body

    def execute(self, made) -> bool:
        return executing.execute(made, self.clusters)

    def shown(self, cluster: str = "a") -> set[ObjectKey]:
        return set(self.caches[cluster].snapshot().objects)


@pytest.fixture
def scenario() -> Scenario:
    return Scenario()


def delivery() -> object:
    return change("token", kind=SECRET, verb=Verb.CREATE, hand_over=hand_over("token", "issuer"))


def in_program(frame: FrameType) -> bool:
    return frame.f_code.co_filename == executing.__file__


def test_what_was_applied_is_in_the_cache(scenario: Scenario):
    assert scenario.execute(change())
    assert scenario.shown() == {KEY}


def test_what_somebody_else_has_made_meanwhile_is_not_taken_over_and_is_shown(scenario: Scenario):
    theirs = scenario.a.put("x", labels={"owner": "them"})
    with pytest.raises(errors.Conflict):
        scenario.execute(change())
    assert scenario.a.get(CONFIG_MAP, "x", "net") == theirs
    assert scenario.caches["a"].snapshot().objects[KEY].labels == {"owner": "them"}


def test_what_we_know_is_applied_with_force(scenario: Scenario):
    scenario.know(scenario.a.put("x", data={}))
    assert scenario.execute(change(body=manifest("x", data={"k": "v"})))
    assert scenario.caches["a"].snapshot().objects[KEY].content["data"] == {"k": "v"}


def test_what_was_created_is_in_the_cache(scenario: Scenario):
    assert scenario.execute(change(verb=Verb.CREATE))
    assert scenario.shown() == {KEY}


def test_what_exists_already_is_looked_at_and_is_no_write(scenario: Scenario):
    scenario.a.put("x")
    assert not scenario.execute(change(verb=Verb.CREATE))
    assert scenario.shown() == {KEY}


def test_what_existed_a_moment_ago_and_is_gone_again_is_not_in_the_cache(scenario: Scenario):
    scenario.know(scenario.a.put("x"))
    scenario.a.before("get", lambda: scenario.a.drop("x"))
    assert not scenario.execute(change(verb=Verb.CREATE))
    assert scenario.shown() == set()


def test_a_token_is_delivered_with_the_data_of_its_source(scenario: Scenario):
    scenario.b.put("token", "issuer", kind=SECRET, data={"ca.crt": "QQ=="})
    assert scenario.execute(delivery())
    assert scenario.a.get(SECRET, "token", "net")["data"] == {"ca.crt": "QQ=="}


def test_a_delivery_whose_source_is_gone_is_no_write_and_shows_that_it_is_gone(scenario: Scenario):
    scenario.know(scenario.b.put("token", "issuer", kind=SECRET), SECRET, "b")
    scenario.b.drop("token", "issuer", kind=SECRET)
    assert not scenario.execute(delivery())
    assert scenario.shown("b") == set()
    assert scenario.a.times("create") == 0


def test_a_source_that_is_refused_is_named_with_reason_and_advice_and_nothing_is_written(scenario: Scenario):
    scenario.b.put("token", "issuer", kind=SECRET, data={"refuse": "UFJJVkFURQ=="})
    with pytest.raises(HandOverError) as caught:
        scenario.execute(delivery())
    assert str(caught.value) == (
        "b/issuer: cannot deliver Secret token to a/net: it has a wrong key; delete it"
    )
    assert scenario.a.times("create") == 0


def test_an_error_of_a_refused_source_holds_none_of_its_data(scenario: Scenario):
    scenario.b.put("token", "issuer", kind=SECRET, data={"refuse": "UFJJVkFURQ=="})
    with pytest.raises(HandOverError) as caught:
        scenario.execute(delivery())
    error: BaseException = caught.value
    frames = [
        repr(frame.f_locals) for frame, _ in traceback.walk_tb(error.__traceback__) if in_program(frame)
    ]
    assert frames
    assert not [text for text in frames if "UFJJVkFURQ==" in text]
    assert (error.__cause__, error.__context__) == (None, None)


def test_what_was_patched_is_in_the_cache(scenario: Scenario):
    scenario.know(scenario.a.put("x"))
    assert scenario.execute(change(verb=Verb.PATCH, body={"metadata": {"annotations": {"k": "v"}}}))
    assert scenario.caches["a"].snapshot().objects[KEY].annotations == {"k": "v"}


def test_a_patch_of_what_is_gone_is_no_write_and_shows_that_it_is_gone(scenario: Scenario):
    scenario.know(scenario.a.put("x"))
    scenario.a.drop("x")
    assert not scenario.execute(change(verb=Verb.PATCH, body={"metadata": {}}))
    assert scenario.shown() == set()


def test_a_patch_of_a_state_that_has_passed_is_no_write_and_shows_what_is_there(scenario: Scenario):
    version = scenario.know(scenario.a.put("x"))["metadata"]["resourceVersion"]
    scenario.a.put("x", data={"written": "meanwhile"})
    patch = change(verb=Verb.PATCH, body={"metadata": {"annotations": {"k": "v"}}}, expects=version)
    assert not scenario.execute(patch)
    found = scenario.caches["a"].snapshot().objects[KEY]
    assert (found.content["data"], found.annotations) == ({"written": "meanwhile"}, {})
    assert scenario.execute(replace(patch, expects=found.resource_version))


def test_what_was_deleted_is_not_in_the_cache(scenario: Scenario):
    uid = scenario.know(scenario.a.put("x"))["metadata"]["uid"]
    assert scenario.execute(change(verb=Verb.DELETE, uid=uid))
    assert scenario.shown() == set()


def test_a_delete_of_what_is_gone_succeeds_and_is_no_write(scenario: Scenario):
    uid = scenario.know(scenario.a.put("x"))["metadata"]["uid"]
    scenario.a.drop("x")
    assert not scenario.execute(change(verb=Verb.DELETE, uid=uid))
    assert scenario.shown() == set()


def test_a_delete_does_not_affect_a_successor_and_shows_it(scenario: Scenario):
    uid = scenario.know(scenario.a.put("x"))["metadata"]["uid"]
    scenario.a.drop("x")
    successor = scenario.a.put("x")["metadata"]["uid"]
    with pytest.raises(errors.Conflict):
        scenario.execute(change(verb=Verb.DELETE, uid=uid))
    assert scenario.caches["a"].snapshot().objects[KEY].uid == successor


def test_a_delete_whose_successor_is_gone_as_well_succeeds_and_is_no_write(scenario: Scenario):
    uid = scenario.know(scenario.a.put("x"))["metadata"]["uid"]
    scenario.a.drop("x")
    scenario.a.put("x")
    scenario.a.before("get", lambda: scenario.a.drop("x"))
    assert not scenario.execute(change(verb=Verb.DELETE, uid=uid))
    assert scenario.shown() == set()


def test_a_change_that_is_refused_leaves_the_cache_as_it_was(scenario: Scenario):
    scenario.know(scenario.a.put("x"))
    scenario.a.fail("apply", error(errors.Forbidden))
    with pytest.raises(errors.Forbidden):
        scenario.execute(change())
    assert scenario.shown() == {KEY}
