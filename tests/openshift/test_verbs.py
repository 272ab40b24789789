"""What each verb sends, and what it makes of a good answer."""

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, DEPLOYMENT, SECRET

from .conftest import TOKEN
from .loopback import listing, sends, serving

CONFIG = {"kind": "ConfigMap", "metadata": {"name": "skupper-site", "namespace": "vault"}}
SUCCESS = sends({"kind": "Status", "status": "Success"})


def test_get_returns_the_object(connect):
    with serving(sends(CONFIG)) as server:
        assert connect(server.url).get(CONFIG_MAP, "skupper-site", "vault") == CONFIG
    visit = server.visits[0]
    assert (visit.method, visit.target) == ("GET", "/api/v1/namespaces/vault/configmaps/skupper-site")


def test_the_token_and_the_name_of_the_program_are_sent(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url, user_agent="qontract-skupper/9").get(CONFIG_MAP, "skupper-site", "vault")
    headers = server.visits[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"] == "qontract-skupper/9"


def test_a_line_break_after_the_token_is_dropped(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url, token="abc\n").get(CONFIG_MAP, "skupper-site", "vault")
    assert server.visits[0].headers["authorization"] == "Bearer abc"


def test_cluster_scoped_objects_have_no_namespace_in_their_path(connect):
    with serving(sends({"kind": "SkupperClusterPolicy"})) as server:
        connect(server.url).get(CLUSTER_POLICY, "vault")
    assert server.visits[0].target == "/apis/skupper.io/v1alpha1/skupperclusterpolicies/vault"


def test_a_server_address_may_have_a_path(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url + "/k8s/clusters/c-1/").get(CONFIG_MAP, "skupper-site", "vault")
    assert server.visits[0].path == "/k8s/clusters/c-1/api/v1/namespaces/vault/configmaps/skupper-site"


def test_a_name_cannot_reach_another_path(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url).get(CONFIG_MAP, "a/../../secrets?x=1", "vault")
    assert server.visits[0].target == "/api/v1/namespaces/vault/configmaps/a%2F..%2F..%2Fsecrets%3Fx%3D1"


def test_list_selects_by_labels_and_fields(connect):
    with serving(sends(listing("a"))) as server:
        connect(server.url).list(
            DEPLOYMENT, namespace="vault", labels={"b": "2", "a": "1"}, fields="metadata.name=x"
        )
    assert server.visits[0].path == "/apis/apps/v1/namespaces/vault/deployments"
    assert server.visits[0].query == {
        "labelSelector": "a=1,b=2",
        "fieldSelector": "metadata.name=x",
        "limit": "500",
    }


def test_create_posts_to_the_collection(connect):
    with serving(sends(CONFIG, 201)) as server:
        assert connect(server.url).create(CONFIG_MAP, CONFIG) == CONFIG
    visit = server.visits[0]
    assert (visit.method, visit.path) == ("POST", "/api/v1/namespaces/vault/configmaps")
    assert visit.query == {"fieldManager": "qontract-skupper"}
    assert visit.json == CONFIG


def test_apply_is_a_forced_server_side_apply(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url).apply(CONFIG_MAP, CONFIG)
    visit = server.visits[0]
    assert (visit.method, visit.path) == ("PATCH", "/api/v1/namespaces/vault/configmaps/skupper-site")
    assert visit.headers["content-type"] == "application/apply-patch+yaml"
    assert visit.query == {"fieldManager": "qontract-skupper", "force": "true"}


def test_apply_may_leave_conflicts_to_the_caller(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url).apply(CONFIG_MAP, CONFIG, force=False, field_manager="another")
    assert server.visits[0].query == {"fieldManager": "another"}


def test_replace_puts_the_whole_object(connect):
    with serving(sends(CONFIG)) as server:
        connect(server.url).replace(CONFIG_MAP, CONFIG)
    visit = server.visits[0]
    assert (visit.method, visit.path, visit.json) == (
        "PUT",
        "/api/v1/namespaces/vault/configmaps/skupper-site",
        CONFIG,
    )


def test_patch_is_a_merge_patch(connect):
    body = {"metadata": {"annotations": {"retry": None}}}
    with serving(sends(CONFIG)) as server:
        connect(server.url).patch(SECRET, "link-a", "vault", body)
    visit = server.visits[0]
    assert visit.headers["content-type"] == "application/merge-patch+json"
    assert visit.json == body


def test_delete_names_the_very_object_by_uid(connect):
    with serving(SUCCESS) as server:
        connect(server.url).delete(SECRET, "link-a", "vault", uid="u-1")
    visit = server.visits[0]
    assert (visit.method, visit.path) == ("DELETE", "/api/v1/namespaces/vault/secrets/link-a")
    assert visit.json == {"preconditions": {"uid": "u-1"}, "propagationPolicy": "Background"}


def test_a_dry_run_is_left_to_the_server(connect):
    with serving(sends(CONFIG)) as server:
        client = connect(server.url)
        client.create(CONFIG_MAP, CONFIG, dry_run=True)
        client.apply(CONFIG_MAP, CONFIG, dry_run=True)
        client.delete(CONFIG_MAP, "skupper-site", "vault", dry_run=True)
    assert [visit.query["dryRun"] for visit in server.visits] == ["All", "All", "All"]
    assert server.visits[2].json["dryRun"] == ["All"]


def test_requests_are_counted_by_what_they_may_change(connect):
    with serving(sends(CONFIG)) as server:
        client = connect(server.url)
        client.get(CONFIG_MAP, "skupper-site", "vault")
        client.create(CONFIG_MAP, CONFIG, dry_run=True)
        client.delete(CONFIG_MAP, "skupper-site", "vault", dry_run=True)
        client.apply(CONFIG_MAP, CONFIG)
        client.patch(CONFIG_MAP, "skupper-site", "vault", {})
    assert repr(client.counts) == "RequestCounts(reads=3, writes=2, retries=0, watches=0)"
    assert client.counts.total == 5


def test_a_compressed_answer_is_read(connect):
    import gzip

    packed = gzip.compress(b'{"kind": "ConfigMap", "data": {"a": "' + b"x" * 100_000 + b'"}}')
    with serving(lambda visit: visit.answer(200, packed, Content_Encoding="gzip")) as server:
        stored = connect(server.url).get(CONFIG_MAP, "skupper-site", "vault")
    assert len(stored["data"]["a"]) == 100_000


def test_connections_are_used_again(connect):
    with serving(sends(CONFIG)) as server:
        client = connect(server.url)
        for _ in range(5):
            client.get(CONFIG_MAP, "skupper-site", "vault")
    assert (len(server.visits), server.connections) == (5, 1)
