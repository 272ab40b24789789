"""One change, and what it meets: the picture shows what is there afterwards, and only real writes count."""

import pytest

from reconcile.apply import executing
from reconcile.apply.executing import Clusters
from reconcile.apply.observing import Accounts
from reconcile.apply.picture import Picture
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import errors
from reconcile.skupper.live import ObjectKey, take_in
from reconcile.skupper.plan import Source, Verb

from .fakes import FakeClient, change, error, manifest

KEY = ObjectKey(CONFIG_MAP, "net", "x")
TOKEN = ObjectKey(SECRET, "net", "token")


class Stage:
    """Two clusters, and the pictures of them."""

    def __init__(self) -> None:
        self.a, self.b = FakeClient("a"), FakeClient("b")
        self.pictures = {"a": Picture(), "b": Picture()}
        self.clusters = Clusters({"a": Accounts(self.a), "b": Accounts(self.b)}, self.pictures)

    def know(self, body: dict, kind=CONFIG_MAP, cluster: str = "a") -> dict:
        self.pictures[cluster].put(take_in(kind, body))
        return body

    def make(self, made) -> bool:
        return executing.make(made, self.clusters)

    def shown(self, cluster: str = "a") -> set[ObjectKey]:
        return set(self.pictures[cluster].view().objects)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def delivery() -> object:
    body = {**manifest("token"), "metadata": {**manifest("token")["metadata"], "annotations": {}}}
    return change("token", kind=SECRET, verb=Verb.CREATE, body=body, source=Source("b", "issuer", "token"))


def test_what_was_applied_is_in_the_picture(stage: Stage):
    assert stage.make(change())
    assert stage.shown() == {KEY}


def test_what_somebody_else_has_made_meanwhile_is_not_taken_over_and_is_shown(stage: Stage):
    theirs = stage.a.put("x", labels={"owner": "them"})
    with pytest.raises(errors.Conflict):
        stage.make(change())
    assert stage.a.get(CONFIG_MAP, "x", "net") == theirs
    assert stage.pictures["a"].view().objects[KEY].labels == {"owner": "them"}


def test_what_we_know_is_applied_with_force(stage: Stage):
    stage.know(stage.a.put("x", data={}))
    assert stage.make(change(body=manifest("x", data={"k": "v"})))
    assert stage.pictures["a"].view().objects[KEY].content["data"] == {"k": "v"}


def test_what_was_created_is_in_the_picture(stage: Stage):
    assert stage.make(change(verb=Verb.CREATE))
    assert stage.shown() == {KEY}


def test_what_exists_already_is_looked_at_and_is_no_write(stage: Stage):
    stage.a.put("x")
    assert not stage.make(change(verb=Verb.CREATE))
    assert stage.shown() == {KEY}


def test_what_existed_a_moment_ago_and_is_gone_again_is_not_in_the_picture(stage: Stage):
    stage.know(stage.a.put("x"))
    stage.a.before("get", lambda: stage.a.drop("x"))
    assert not stage.make(change(verb=Verb.CREATE))
    assert stage.shown() == set()


def test_a_token_is_delivered_with_the_data_of_its_source(stage: Stage):
    stage.b.put("token", "issuer", kind=SECRET, data={"ca.crt": "QQ=="})
    assert stage.make(delivery())
    assert stage.a.get(SECRET, "token", "net")["data"] == {"ca.crt": "QQ=="}


def test_a_delivery_whose_source_is_gone_is_no_write_and_shows_that_it_is_gone(stage: Stage):
    stage.know(stage.b.put("token", "issuer", kind=SECRET), SECRET, "b")
    stage.b.drop("token", "issuer", kind=SECRET)
    assert not stage.make(delivery())
    assert stage.shown("b") == set()
    assert stage.a.times("create") == 0


def test_what_was_patched_is_in_the_picture(stage: Stage):
    stage.know(stage.a.put("x"))
    assert stage.make(change(verb=Verb.PATCH, body={"metadata": {"annotations": {"k": "v"}}}))
    assert stage.pictures["a"].view().objects[KEY].annotations == {"k": "v"}


def test_a_patch_of_what_is_gone_is_no_write_and_shows_that_it_is_gone(stage: Stage):
    stage.know(stage.a.put("x"))
    stage.a.drop("x")
    assert not stage.make(change(verb=Verb.PATCH, body={"metadata": {}}))
    assert stage.shown() == set()


def test_what_was_deleted_is_not_in_the_picture(stage: Stage):
    uid = stage.know(stage.a.put("x"))["metadata"]["uid"]
    assert stage.make(change(verb=Verb.DELETE, uid=uid))
    assert stage.shown() == set()


def test_a_delete_of_what_is_gone_succeeds_and_is_no_write(stage: Stage):
    uid = stage.know(stage.a.put("x"))["metadata"]["uid"]
    stage.a.drop("x")
    assert not stage.make(change(verb=Verb.DELETE, uid=uid))
    assert stage.shown() == set()


def test_a_delete_does_not_touch_a_successor_and_shows_it(stage: Stage):
    uid = stage.know(stage.a.put("x"))["metadata"]["uid"]
    stage.a.drop("x")
    successor = stage.a.put("x")["metadata"]["uid"]
    with pytest.raises(errors.Conflict):
        stage.make(change(verb=Verb.DELETE, uid=uid))
    assert stage.pictures["a"].view().objects[KEY].uid == successor


def test_a_delete_whose_successor_is_gone_as_well_succeeds_and_is_no_write(stage: Stage):
    uid = stage.know(stage.a.put("x"))["metadata"]["uid"]
    stage.a.drop("x")
    stage.a.put("x")
    stage.a.before("get", lambda: stage.a.drop("x"))
    assert not stage.make(change(verb=Verb.DELETE, uid=uid))
    assert stage.shown() == set()


def test_a_change_that_is_refused_leaves_the_picture_as_it_was(stage: Stage):
    stage.know(stage.a.put("x"))
    stage.a.fail("apply", error(errors.Forbidden))
    with pytest.raises(errors.Forbidden):
        stage.make(change())
    assert stage.shown() == {KEY}
