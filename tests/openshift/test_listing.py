"""LIST in chunks, cluster-wide or by namespace."""

import threading

import pytest

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, SECRET
from reconcile.openshift import errors

from .loopback import fails, listing, sends, serving

WIDE = "/api/v1/configmaps"


def names(found):
    return [item["metadata"]["name"] for item in found.items]


def page(*uids, more=""):
    items = [{"metadata": {"name": f"n-{uid}", "namespace": "vault", "uid": uid}} for uid in uids]
    return {"kind": "ConfigMapList", "metadata": {"resourceVersion": "7", "continue": more}, "items": items}


def by_path(replies):
    return lambda visit: replies[visit.path](visit)


def test_listed_objects_say_what_they_are(connect):
    with serving(sends(listing("a"))) as server:
        found = connect(server.url).list(CONFIG_MAP)
    assert found.items[0] == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert (found.resource_version, found.scope) == ("7", (None,))


def test_an_empty_list_written_as_null_is_empty(connect):
    with serving(sends({"kind": "ConfigMapList", "metadata": None, "items": None})) as server:
        found = connect(server.url).list(CONFIG_MAP, namespace="vault")
    assert (found.items, found.resource_version, found.scope) == ((), "", ("vault",))


def test_a_strange_metadata_of_a_list_does_no_harm(connect):
    with serving(sends({"kind": "ConfigMapList", "metadata": ["a"], "items": []})) as server:
        assert connect(server.url).list(CONFIG_MAP).resource_version == ""


def test_a_long_list_comes_in_chunks(connect):
    chunks = [listing("a", more="t1"), listing("b", more="t2"), listing("c")]
    with serving(*map(sends, chunks)) as server:
        client = connect(server.url)
        assert names(client.list(CONFIG_MAP, labels="x=y")) == ["a", "b", "c"]
    assert [visit.query.get("continue") for visit in server.visits] == [None, "t1", "t2"]
    assert {visit.query["labelSelector"] for visit in server.visits} == {"x=y"}
    assert client.counts.reads == 3


def test_a_list_that_expires_between_chunks_is_read_afresh_in_one_piece(connect):
    replies = sends(listing("a", more="t1")), fails(410, "Expired"), sends(listing("a", "b", version="9"))
    with serving(*replies) as server:
        found = connect(server.url).list(CONFIG_MAP)
    assert (names(found), found.resource_version) == (["a", "b"], "9")
    assert server.visits[2].query == {}


def test_a_list_does_not_show_its_objects_in_a_repr(connect):
    with serving(
        sends({"kind": "SecretList", "items": [{"metadata": {}, "data": {"key": "CAUGHT"}}]})
    ) as server:
        client = connect(server.url)
        shown = repr(client.list(SECRET)) + repr(client.list_all(SECRET, namespaces=()))
    assert "CAUGHT" not in shown


def test_one_list_sees_the_whole_cluster_if_the_account_may(connect):
    with serving(sends(listing("a", "b"))) as server:
        found = connect(server.url).list_all(CONFIG_MAP, namespaces=["vault"])
        assert [visit.path for visit in server.visits] == [WIDE]
    assert found.scope == (None,)
    assert (found.scope, found.resource_versions) == ((None,), {None: "7"})


def test_else_each_namespace_is_listed(connect):
    replies = {
        WIDE: fails(403, "Forbidden"),
        "/api/v1/namespaces/n1/configmaps": sends(listing("a", version="11")),
        "/api/v1/namespaces/n2/configmaps": sends(listing("b", version="12")),
    }
    with serving(by_path(replies)) as server:
        found = connect(server.url).list_all(CONFIG_MAP, namespaces=["n2", "n1", "n2"], labels="x=y")
    assert names(found) == ["a", "b"]
    assert (found.scope, found.resource_versions) == (("n1", "n2"), {"n1": "11", "n2": "12"})
    assert {visit.query["labelSelector"] for visit in server.visits} == {"x=y"}


@pytest.mark.parametrize(("status", "wanted"), [(403, errors.Forbidden), (404, errors.NotFound)])
def test_a_namespace_that_refuses_is_reported_and_hides_no_other(connect, status, wanted):
    replies = {
        WIDE: fails(403, "Forbidden"),
        "/api/v1/namespaces/n1/configmaps": fails(status),
        "/api/v1/namespaces/n2/configmaps": sends(listing("b")),
    }
    with serving(by_path(replies)) as server:
        found = connect(server.url).list_all(CONFIG_MAP, namespaces=["n1", "n2"])
    assert (names(found), found.scope) == (["b"], ("n2",))
    assert type(found.refused["n1"]) is wanted
    assert found.refused["n1"].namespace == "n1"


def test_any_other_fault_of_a_namespace_is_raised(connect):
    replies = {WIDE: fails(403, "Forbidden"), "/api/v1/namespaces/n1/configmaps": fails(500)}
    with serving(by_path(replies)) as server, pytest.raises(errors.ServerFault):
        connect(server.url).list_all(CONFIG_MAP, namespaces=["n1"])


def test_the_whole_cluster_is_asked_for_once_only(connect):
    replies = {WIDE: fails(403, "Forbidden"), "/api/v1/namespaces/n1/configmaps": sends(listing("a"))}
    with serving(by_path(replies)) as server:
        client = connect(server.url)
        client.list_all(CONFIG_MAP, namespaces=["n1"])
        client.list_all(CONFIG_MAP, namespaces=["n1"])
    assert [visit.path for visit in server.visits].count(WIDE) == 1


def test_that_one_kind_is_forbidden_says_nothing_of_another(connect):
    replies = {WIDE: fails(403, "Forbidden"), "/api/v1/secrets": sends(listing("s"))}
    with serving(by_path(replies)) as server:
        client = connect(server.url)
        assert client.list_all(CONFIG_MAP, namespaces=[]).scope == ()
        assert client.list_all(SECRET, namespaces=[]).scope == (None,)


def test_without_namespaces_a_forbidden_cluster_covers_nothing(connect):
    with serving(fails(403, "Forbidden")) as server:
        found = connect(server.url).list_all(CONFIG_MAP, namespaces=[])
    assert (found.items, found.scope) == ((), ())


def test_a_forbidden_cluster_scoped_kind_has_no_namespaces_to_fall_back_on(connect):
    with serving(fails(403, "Forbidden")) as server, pytest.raises(errors.Forbidden):
        connect(server.url).list_all(CLUSTER_POLICY, namespaces=["vault"])


def test_an_unauthorised_cluster_wide_list_is_raised(connect):
    with serving(fails(401, "Unauthorized")) as server:
        with pytest.raises(errors.Unauthorised, match="renew the account's token"):
            connect(server.url).list_all(CONFIG_MAP, namespaces=["n1"])
        assert len(server.visits) == 1


VAULT = "/api/v1/namespaces/vault/configmaps"
NAMING_VAULT = (
    ({"metadata.namespace": "vault"}, None),
    ("metadata.namespace=vault", None),
    ("metadata.namespace==vault", None),
    (" metadata.namespace = vault", None),
    ("metadata.namespace=vault,metadata.namespace==vault", None),
    ("metadata.name!=x,metadata.namespace=vault", "metadata.name!=x"),
    ({"metadata.name": "x", "metadata.namespace": "vault"}, "metadata.name=x"),
    (r"spec.path=a\,b,metadata.namespace=vault", r"spec.path=a\,b"),
    (r"spec.path=a\\,metadata.namespace=vault", r"spec.path=a\\"),
    ({"metadata.name": "x,metadata.namespace=vault"}, "metadata.name=x"),
)
NAMING_NO_SINGLE_NAMESPACE = (
    "metadata.namespace!=vault",
    "metadata.name=x,metadata.namespace!=vault",
    "metadata.namespace=",
    "metadata.namespace=vault,metadata.namespace=other",
    {"metadata.namespace": ""},
)


@pytest.mark.parametrize(("fields", "left"), NAMING_VAULT)
def test_a_field_selector_on_the_namespace_becomes_a_namespaced_list(connect, fields, left):
    with serving(by_path({VAULT: sends(listing("a"))})) as server:
        found = connect(server.url).list(CONFIG_MAP, fields=fields)
        (visit,) = server.visits
    assert (names(found), found.scope) == (["a"], ("vault",))
    assert visit.query.get("fieldSelector") == left


@pytest.mark.parametrize(("fields", "left"), NAMING_VAULT)
def test_a_field_selector_on_the_namespace_becomes_a_namespaced_watch(connect, fields, left):
    with serving(by_path({VAULT: fails(410, "Expired")})) as server, pytest.raises(errors.Gone):
        list(
            connect(server.url).watch(
                CONFIG_MAP, fields=fields, resource_version="1", timeout=5, stop=threading.Event()
            )
        )
    assert [visit.query.get("fieldSelector") for visit in server.visits] == [left]


def test_it_may_name_the_namespace_that_is_listed_anyway(connect):
    with serving(by_path({VAULT: sends(listing("a"))})) as server:
        found = connect(server.url).list(CONFIG_MAP, namespace="vault", fields="metadata.namespace=vault")
    assert names(found) == ["a"]


@pytest.mark.parametrize("fields", NAMING_NO_SINGLE_NAMESPACE)
def test_a_field_selector_that_names_no_single_namespace_is_refused_before_anything_is_sent(connect, fields):
    with serving(sends(listing("a"))) as server:
        client, watching = connect(server.url), {"resource_version": "1", "timeout": 5}
        with pytest.raises(ValueError, match="field selector"):
            client.list(CONFIG_MAP, fields=fields)
        with pytest.raises(ValueError, match="field selector"):
            client.list_all(CONFIG_MAP, namespaces=["vault"], fields=fields)
        with pytest.raises(ValueError, match="field selector"):
            next(client.watch(CONFIG_MAP, fields=fields, stop=threading.Event(), **watching))
        assert server.visits == []


def test_a_field_selector_on_another_namespace_than_the_listed_one_is_refused(connect):
    with serving(sends(listing("a"))) as server:
        with pytest.raises(ValueError, match=r"other.*vault"):
            connect(server.url).list(CONFIG_MAP, namespace="vault", fields="metadata.namespace=other")
        assert server.visits == []


def test_a_list_of_everything_with_a_field_selector_on_the_namespace_covers_that_namespace(connect):
    with serving(by_path({VAULT: sends(listing("a"))})) as server:
        found = connect(server.url).list_all(CONFIG_MAP, namespaces=["x"], fields="metadata.namespace=vault")
    assert (names(found), found.scope, found.resource_versions) == (["a"], ("vault",), {"vault": "7"})


@pytest.mark.parametrize(
    "pages", [[page("1", "2", more="t"), page("2", "3")], [page("1", "1", more="t")]], ids=["two", "one"]
)
def test_pages_that_repeat_an_object_are_read_again_in_one_piece(connect, pages):
    with serving(*map(sends, [*pages, page("1", "2", "3")])) as server:
        found = connect(server.url).list(CONFIG_MAP, labels="x=y")
        assert server.visits[-1].query == {"labelSelector": "x=y"}
    assert names(found) == ["n-1", "n-2", "n-3"]


def test_a_list_in_one_piece_that_still_repeats_an_object_is_not_trusted(connect):
    with serving(sends(page("1", "2", "1"))) as server:
        with pytest.raises(errors.Unreachable, match="listed vault/n-1 more than once; retry"):
            connect(server.url).list(CONFIG_MAP)
        assert len(server.visits) == 2


def test_a_continue_token_that_leads_back_to_the_start_ends_the_list(connect):
    with serving(sends(page("1", "2", more="t"))) as server, pytest.raises(errors.InconsistentList):
        connect(server.url).list(CONFIG_MAP)
    assert len(server.visits) == 4
