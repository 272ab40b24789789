"""What is said to a real kube-apiserver and to a simulated one, to compare their answers.

A scene is a series of requests in a namespace of its own. Requests may refer to earlier answers of their scene by
``{uid:<step>}`` and ``{rv:<step>}``; ``{ns}`` is the namespace.
"""

from dataclasses import dataclass, field, replace
from typing import Any

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

CORE = "/api/v1/namespaces/{ns}"
APPS = "/apis/apps/v1/namespaces/{ns}"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}"
NET = "/apis/networking.k8s.io/v1/namespaces/{ns}"


@dataclass(frozen=True, slots=True)
class Step:
    """One request."""

    name: str
    method: str
    path: str
    body: Any = None
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    by: str = ""
    """The TokenRequest that was answered with the token to use; empty: the administrator's."""
    on_the_second: bool = False
    """Said as a second begins: what the next step is answered depends on whether it falls into the same one."""


def config_map(name: str = "cm", **parts: Any) -> dict[str, Any]:
    metadata = {"name": name, **parts.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **parts}


def secret(name: str = "s", **parts: Any) -> dict[str, Any]:
    metadata = {"name": name, **parts.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **parts}


def deployment(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": list(containers)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def service(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "svc"}, "spec": spec}


def create(name: str, path: str, body: Any, **more: Any) -> Step:
    return Step(name, "POST", path, body, **more)


def apply(name: str, path: str, body: Any, manager: str = "one", *, force: bool = False) -> Step:
    query = f"?fieldManager={manager}" + ("&force=true" if force else "")
    return Step(name, "PATCH", path + query, body, APPLY)


def role(name: str, *rules: dict[str, list[str]], **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, **metadata},
        "rules": list(rules),
    }


def rule(resources: str, verbs: str, group: str = "", **more: list[str]) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split(), **more}


def binding(name: str, referred: str, *subjects: dict[str, str], kind: str = "Role") -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": referred},
        "subjects": list(subjects),
    }


def cluster_wide(obj: dict[str, Any]) -> dict[str, Any]:
    return {**obj, "kind": f"Cluster{obj['kind']}"}


CMS = CORE + "/configmaps"
CM = CMS + "/cm"
SECRETS = CORE + "/secrets"
S = SECRETS + "/s"
DEPLOYMENTS = APPS + "/deployments"
D = DEPLOYMENTS + "/d"
IMAGE = {"name": "c", "image": "quay.io/x:1"}

ACCOUNTS = CORE + "/serviceaccounts"
ROLES = RBAC + "/roles"
BINDINGS = RBAC + "/rolebindings"
CLUSTER_RBAC = "/apis/rbac.authorization.k8s.io/v1"
BOT: dict[str, str] = {"kind": "ServiceAccount", "name": "bot", "namespace": "{ns}"}
RBAC_GROUP = "rbac.authorization.k8s.io"


def token_request(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


def by_bot(name: str, method: str, path: str, body: Any = None, content_type: str = JSON) -> Step:
    return Step(name, method, path, body, content_type, by="token")


SCENES: dict[str, tuple[Step, ...]] = {
    "config maps are created, read, replaced and deleted": (
        create("create", CMS, config_map(data={"a": "1"})),
        create("again", CMS, config_map(data={"a": "1"})),
        Step("get", "GET", CM),
        Step("missing", "GET", CMS + "/missing"),
        Step("list", "GET", CMS),
        Step("replace", "PUT", CM, config_map(data={"a": "2"})),
        Step("replace with nothing new", "PUT", CM, config_map(data={"a": "2"})),
        Step(
            "replace stale",
            "PUT",
            CM,
            config_map(data={"a": "3"}, metadata={"resourceVersion": "{rv:create}"}),
        ),
        Step(
            "replace fresh",
            "PUT",
            CM,
            config_map(data={"a": "3"}, metadata={"resourceVersion": "{rv:replace}"}),
        ),
        Step("replace of another uid", "PUT", CM, config_map(metadata={"uid": "other"})),
        Step("replace missing", "PUT", CMS + "/missing", config_map("missing")),
        Step("replace in another namespace", "PUT", CM, config_map(metadata={"namespace": "other"})),
        Step("replace under another name", "PUT", CM, config_map("other")),
        Step("delete of another uid", "DELETE", CM, {"preconditions": {"uid": "other"}}),
        Step("delete of another version", "DELETE", CM, {"preconditions": {"resourceVersion": "1"}}),
        Step("delete dry", "DELETE", CM + "?dryRun=All"),
        Step("delete", "DELETE", CM, {"preconditions": {"uid": "{uid:create}"}}),
        Step("delete again", "DELETE", CM),
    ),
    "objects that make no sense are refused": (
        create("no name", CMS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
        create("generated name", CMS, {"metadata": {"generateName": "gen-"}}),
        create("upper case", CMS, config_map("Upper")),
        create("underscore", CMS, config_map("a_b")),
        create("long name", CMS, config_map("a" * 254)),
        create("bad label value", CMS, config_map(metadata={"labels": {"a": "b c"}})),
        create("long label value", CMS, config_map(metadata={"labels": {"a": "b" * 64}})),
        create("bad label key", CMS, config_map(metadata={"labels": {"a b": "c"}})),
        create("bad label prefix", CMS, config_map(metadata={"labels": {"A_/b": "c"}})),
        create("two bad labels", CMS, config_map("X", metadata={"labels": {"a b": "c"}})),
        create("bad data key", CMS, config_map(data={"a b": "c"})),
        create("number as value", CMS, config_map(data={"a": 1})),
        create("wrong kind", CMS, secret()),
        create("wrong version", CMS, {**config_map(), "apiVersion": "v2"}),
        create("unknown kind", CMS, {**config_map(), "kind": "Nonsense"}),
        create("wrong namespace", CMS, config_map(metadata={"namespace": "other"})),
        create("missing namespace", "/api/v1/namespaces/nowhere/configmaps", config_map()),
        create("not json", CMS, "this is no json", content_type="text/plain"),
        create("array", CMS, []),
        create("empty body", CMS, None),
        create(
            "owner without uid", CMS, config_map(metadata={"ownerReferences": [{"kind": "X", "name": "y"}]})
        ),
        create("label null", CMS, config_map("null-label", metadata={"labels": {"a": None}})),
        create("labels as list", CMS, config_map(metadata={"labels": ["a"]})),
        create("label as number", CMS, config_map(metadata={"labels": {"a": 1}})),
        create("bad namespace name", "/api/v1/namespaces", {"metadata": {"name": "Upper.case"}}),
        create("dots in namespace", "/api/v1/namespaces", {"metadata": {"name": "a.b"}}),
        create("bad role name", RBAC + "/roles", {"metadata": {"name": "a%b"}, "rules": []}),
        create(
            "odd role name",
            RBAC + "/roles",
            {
                "metadata": {"name": "A:b"},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
            },
        ),
    ),
    "paths that lead nowhere": (
        Step("unknown resource", "GET", CORE + "/nonsense"),
        Step("unknown group", "GET", "/apis/nonsense.io/v1/things"),
        Step("unknown version", "GET", "/apis/apps/v9/deployments"),
        Step("no routes", "GET", "/apis/route.openshift.io/v1/routes"),
        Step("post to object", "POST", CM, config_map()),
        Step("put to collection", "PUT", CMS, config_map()),
        Step("patch of collection", "PATCH", CMS, {}, MERGE),
        Step("create without namespace", "POST", "/api/v1/configmaps", config_map()),
        Step("unknown subresource", "GET", CM + "/nonsense"),
        Step("status of config map", "GET", CM + "/status"),
        Step("root of a group", "GET", "/apis/apps"),
        Step("unknown root", "GET", "/apis/nonsense.io"),
    ),
    "secrets": (
        create("create", SECRETS, secret(data={"a": "Yg=="}, stringData={"c": "d"})),
        create("base64", SECRETS, secret("bad", data={"a": "!!!"})),
        create("bad key", SECRETS, secret("bad", data={"a/b": "Yg=="})),
        create("typed", SECRETS, secret("typed", type="skupper.io/x")),
        Step("change of type", "PATCH", S, {"type": "other"}, MERGE),
        Step("merge", "PATCH", S, {"data": {"a": None, "z": "eg=="}}, MERGE),
        Step("string data", "PATCH", S, {"stringData": {"q": "r"}}, MERGE),
        Step("label", "PATCH", S, {"metadata": {"labels": {"k": "v"}}}, STRATEGIC),
        Step("by label", "GET", SECRETS + "?labelSelector=k%3Dv"),
        Step("by type", "GET", SECRETS + "?fieldSelector=type%3Dskupper.io/x"),
        Step("immutable", "PATCH", S, {"immutable": True}, MERGE),
        Step("change of immutable", "PATCH", S, {"data": {"z": "eA=="}}, MERGE),
        Step("empty value", "PATCH", SECRETS + "/typed", {"data": {"z": ""}}, MERGE),
    ),
    "selectors": (
        create("one", CMS, config_map("one", metadata={"labels": {"a": "1", "b": "x"}})),
        create("two", CMS, config_map("two", metadata={"labels": {"a": "2"}})),
        create("three", CMS, config_map("three")),
        *(
            Step(f"labels {selector}", "GET", f"{CMS}?labelSelector={selector}")
            for selector in (
                "a=1",
                "a==1",
                "a!=1",
                "a",
                "!a",
                "a%20in%20(1,2)",
                "a%20notin%20(1)",
                "a,b",
                "a=1,b=x",
                "a=",
                "a%20in%20()",
                "a=1,",
                ",",
                "=",
                "a=b=c",
                "a%20in%201",
                "a!",
                "a%20b",
                "(",
                "a=b%20c",
                "A%2FB%2FC=1",
                "%20a%20=%201%20",
            )
        ),
        *(
            Step(f"fields {selector}", "GET", f"{CMS}?fieldSelector={selector}")
            for selector in (
                "metadata.name=one",
                "metadata.name==one",
                "metadata.name!=one",
                "metadata.namespace={ns}",
                "metadata.uid=1",
                "data.a=1",
                "nonsense",
                "metadata.name=one,metadata.name=two",
                "metadata.name=",
            )
        ),
        Step("both", "GET", f"{CMS}?fieldSelector=metadata.name=one&labelSelector=a=1"),
        Step("page", "GET", f"{CMS}?limit=2"),
        Step("bad limit", "GET", f"{CMS}?limit=x"),
        Step("bad continue", "GET", f"{CMS}?limit=2&continue=x"),
    ),
    "patches": (
        create("create", CMS, config_map(data={"a": "1"})),
        Step("merge", "PATCH", CM, {"data": {"b": "2"}}, MERGE),
        Step("merge nothing new", "PATCH", CM, {"data": {"b": "2"}}, MERGE),
        Step("merge null", "PATCH", CM, {"data": {"b": None, "c": None}}, MERGE),
        Step("merge stale", "PATCH", CM, {"metadata": {"resourceVersion": "1"}, "data": {"c": "3"}}, MERGE),
        Step(
            "merge fresh",
            "PATCH",
            CM,
            {"metadata": {"resourceVersion": "{rv:merge null}"}, "data": {"c": "3"}},
            MERGE,
        ),
        Step("merge name", "PATCH", CM, {"metadata": {"name": "other"}}, MERGE),
        Step("merge namespace", "PATCH", CM, {"metadata": {"namespace": "other"}}, MERGE),
        Step("merge kind", "PATCH", CM, {"kind": "Secret"}, MERGE),
        Step("merge missing", "PATCH", CMS + "/missing", {"data": {}}, MERGE),
        Step("merge list", "PATCH", CM, [], MERGE),
        Step("merge metadata list", "PATCH", CM, {"metadata": []}, MERGE),
        Step("merge metadata text", "PATCH", CM, {"metadata": "x"}, MERGE),
        Step("merge labels list", "PATCH", CM, {"metadata": {"labels": ["a"]}}, MERGE),
        Step("merge data text", "PATCH", CM, {"data": "x"}, MERGE),
        Step("merge text", "PATCH", CM, '"x"', MERGE),
        Step("merge null body", "PATCH", CM, "null", MERGE),
        Step("merge no json", "PATCH", CM, "{", MERGE),
        Step("strategic list", "PATCH", CM, [], STRATEGIC),
        Step("strategic metadata list", "PATCH", CM, {"metadata": []}, STRATEGIC),
        Step("apply list", "PATCH", CM + "?fieldManager=one", [], APPLY),
        Step("merge bad type", "PATCH", CM, {"data": {"a": 1}}, MERGE),
        Step("json", "PATCH", CM, [{"op": "add", "path": "/data/d", "value": "4"}], JSON_PATCH),
        Step("json remove missing", "PATCH", CM, [{"op": "remove", "path": "/data/zzz"}], JSON_PATCH),
        Step("json test", "PATCH", CM, [{"op": "test", "path": "/data/d", "value": "5"}], JSON_PATCH),
        Step("json not list", "PATCH", CM, {"op": "test"}, JSON_PATCH),
        Step("json bad op", "PATCH", CM, [{"op": "nonsense", "path": "/data/d"}], JSON_PATCH),
        Step("strategic", "PATCH", CM, {"data": {"d": None, "$patch": "replace"}}, STRATEGIC),
        Step("unknown format", "PATCH", CM, {"data": {}}, "application/json"),
        Step("dry", "PATCH", CM + "?dryRun=All", {"data": {"dry": "run"}}, MERGE),
        Step("managed", "PATCH", CM + "?fieldManager=tool", {"data": {"a": "9"}}, MERGE),
        Step("annotate", "PATCH", CM, {"metadata": {"annotations": {"x": "y"}}}, STRATEGIC),
        Step("finalize", "PATCH", CM, {"metadata": {"finalizers": ["example.com/hold"]}}, STRATEGIC),
        Step("delete held", "DELETE", CM),
        Step("delete held again", "DELETE", CM),
        Step("change held", "PATCH", CM, {"data": {"held": "yes"}}, MERGE),
        Step("let go", "PATCH", CM, {"metadata": {"finalizers": None}}, MERGE),
        Step("gone", "GET", CM),
    ),
    "managed fields of updates": (
        create(
            "create",
            CMS + "?fieldManager=one",
            config_map(data={"a": "1", "b": "2"}, metadata={"labels": {"l": "m"}}),
        ),
        Step("replace by another", "PUT", CM + "?fieldManager=two", config_map(data={"a": "9", "b": "2"})),
        Step("add by a third", "PATCH", CM + "?fieldManager=three", {"data": {"c": "3"}}, MERGE),
        Step("take", "PATCH", CM + "?fieldManager=four", {"data": {"c": "4"}}, MERGE),
        Step("nothing by a fifth", "PATCH", CM + "?fieldManager=five", {"data": {"c": "4"}}, MERGE),
        Step("empty data", "PATCH", CM + "?fieldManager=six", {"data": None}, MERGE),
        Step("forget owners", "PATCH", CM, {"metadata": {"managedFields": [{}]}}, MERGE),
        Step("after that", "PATCH", CM + "?fieldManager=six", {"data": {"d": "5"}}, MERGE),
        apply("and apply", CM, config_map(data={"e": "6"}), "seven"),
        Step("get", "GET", CM),
    ),
    "server-side apply": (
        apply("create", CM, config_map(data={"a": "1", "b": "2"})),
        apply("nothing new", CM, config_map(data={"a": "1", "b": "2"})),
        apply("change", CM, config_map(data={"a": "1", "b": "3"})),
        apply("conflict", CM, config_map(data={"b": "4"}), "two"),
        apply("two conflicts", CM, config_map(data={"a": "7", "b": "4"}), "two"),
        apply("shared", CM, config_map(data={"b": "3", "c": "5"}), "two"),
        apply("given up by one", CM, config_map(data={"a": "1"})),
        apply("forced", CM, config_map(data={"a": "8"}), "three", force=True),
        apply("one is left with nothing", CM, config_map(), "one"),
        apply("two gives up all", CM, config_map(), "two"),
        apply("three gives up all", CM, config_map(), "three"),
        Step("get", "GET", CM),
        apply("labels", CM, config_map(metadata={"labels": {"a": "b", "c": "d"}})),
        apply("fewer labels", CM, config_map(metadata={"labels": {"a": "b"}})),
        Step(
            "label by update", "PATCH", CM + "?fieldManager=up", {"metadata": {"labels": {"u": "v"}}}, MERGE
        ),
        apply("no labels", CM, config_map()),
        Step("taken by update", "PATCH", CM + "?fieldManager=up", {"data": {"x": "1"}}, MERGE),
        apply("conflict with update", CM, config_map(data={"x": "2"})),
        apply("forced over update", CM, config_map(data={"x": "2"}), force=True),
        Step("update takes it back", "PATCH", CM + "?fieldManager=up", {"data": {"x": "3"}}, MERGE),
        Step("update removes it", "PATCH", CM + "?fieldManager=up", {"data": {"x": None}}, MERGE),
        Step("no manager", "PATCH", CM, config_map(), APPLY),
        apply("no kind", CM, {"metadata": {"name": "cm"}}),
        apply("wrong name", CM, config_map("other")),
        apply("no name", CM, {"apiVersion": "v1", "kind": "ConfigMap"}),
        apply("wrong namespace", CM, config_map(metadata={"namespace": "other"})),
        apply("managed fields", CM, config_map(metadata={"managedFields": [{"manager": "x"}]})),
        apply("stale", CM, config_map(metadata={"resourceVersion": "1"})),
        apply("version of missing", CMS + "/gone", config_map("gone", metadata={"resourceVersion": "1"})),
        apply("missing namespace", "/api/v1/namespaces/nowhere/configmaps/cm", config_map()),
        apply("dry", CMS + "/dry", config_map("dry", data={"a": "b"}), "one&dryRun=All"),
        apply("bad data", CM, config_map(data={"a": 1})),
        apply("bad name", CMS + "/Upper", config_map("Upper")),
        Step(
            "yaml",
            "PATCH",
            CM + "?fieldManager=yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {yy: z}\n",
            APPLY,
        ),
        Step("bad yaml", "PATCH", CM + "?fieldManager=yaml", "a: [", APPLY),
        apply(
            "owner",
            CM,
            config_map(
                metadata={
                    "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "cm", "uid": "u1"}]
                }
            ),
        ),
        apply(
            "owner of another",
            CM,
            config_map(
                metadata={
                    "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "c2", "uid": "u2"}]
                }
            ),
            "two",
        ),
        apply("annotation", CM, config_map(metadata={"annotations": {"a": "b"}}), "ann"),
        apply("finalizer", CM, config_map(metadata={"finalizers": ["example.com/a"]}), "fin"),
        apply("other finalizer", CM, config_map(metadata={"finalizers": ["example.com/b"]}), "fin2"),
        apply("no finalizer", CM, config_map(), "fin"),
        apply("null value", CM, config_map(data={"n": None}), "nil"),
        # A real server writes the second one, which changes nothing, if the time of the managed field has changed.
        replace(apply("string data", S, secret(stringData={"a": "b"})), on_the_second=True),
        apply("string data again", S, secret(stringData={"a": "b"})),
        apply("secret data", S, secret(data={"a": "Yg=="}, type="Opaque")),
    ),
    "what is gone is not replaced": (
        Step("secret", "PUT", S, secret()),
        Step("deployment", "PUT", D, deployment(IMAGE)),
    ),
    "server-side apply of deployments": (
        apply(
            "create",
            D,
            deployment(
                {
                    **IMAGE,
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    "ports": [{"containerPort": 80}],
                }
            ),
        ),
        apply(
            "nothing new",
            D,
            deployment(
                {
                    **IMAGE,
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    "ports": [{"containerPort": 80}],
                }
            ),
        ),
        apply(
            "image",
            D,
            deployment(
                {
                    "name": "c",
                    "image": "quay.io/x:2",
                    "env": [{"name": "A", "value": "1"}],
                    "ports": [{"containerPort": 80}],
                }
            ),
        ),
        apply("other container", D, deployment({"name": "side", "image": "quay.io/y"}), "two"),
        apply("other image", D, deployment({"name": "c", "image": "quay.io/x:3"}), "two"),
        Step("scale", "PATCH", D + "?fieldManager=scaler", {"spec": {"replicas": 3}}, MERGE),
        apply("replicas", D, deployment({**IMAGE, "image": "quay.io/x:2"}, replicas=1)),
        apply("without replicas", D, deployment({**IMAGE, "image": "quay.io/x:2"})),
        Step(
            "strategic",
            "PATCH",
            D + "?fieldManager=up",
            {
                "spec": {
                    "template": {
                        "spec": {"containers": [{"name": "c", "env": [{"name": "Z", "value": "9"}]}]}
                    }
                }
            },
            STRATEGIC,
        ),
        Step(
            "strategic replace",
            "PATCH",
            D,
            {
                "spec": {
                    "template": {
                        "spec": {"containers": [{"$patch": "replace"}, {"name": "only", "image": "z:1"}]}
                    }
                }
            },
            STRATEGIC,
        ),
        Step(
            "merge replaces lists",
            "PATCH",
            D,
            {"spec": {"template": {"spec": {"containers": [{"name": "merged", "image": "z:2"}]}}}},
            MERGE,
        ),
        Step(
            "recreate",
            "PATCH",
            D,
            {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
            STRATEGIC,
        ),
        Step("selector", "PATCH", D, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}, MERGE),
        Step("annotation", "PATCH", D, {"metadata": {"annotations": {"a": "b"}}}, MERGE),
        Step("label", "PATCH", D, {"metadata": {"labels": {"a": "b"}}}, MERGE),
        Step(
            "status",
            "PATCH",
            D + "/status?fieldManager=ctl",
            {"status": {"replicas": 5, "observedGeneration": 2}},
            MERGE,
        ),
        apply("duplicate key", D, deployment(IMAGE, IMAGE)),
        create(
            "no selector",
            DEPLOYMENTS,
            {"metadata": {"name": "e"}, "spec": {"template": {"spec": {"containers": [IMAGE]}}}},
        ),
        create("no containers", DEPLOYMENTS, deployment()),
        create("no image", DEPLOYMENTS, {**deployment({"name": "c"}), "metadata": {"name": "e"}}),
        create("no name", DEPLOYMENTS, {**deployment({"image": "c"}), "metadata": {"name": "e"}}),
        Step("delete", "DELETE", D, {"propagationPolicy": "Background"}),
    ),
    "a full deployment": (
        create(
            "create",
            DEPLOYMENTS,
            {
                "metadata": {"name": "d", "labels": {"x": "y"}},
                "spec": {
                    "replicas": 0,
                    "selector": {"matchLabels": {"app": "d"}},
                    "strategy": {"type": "Recreate"},
                    "template": {
                        "metadata": {"labels": {"app": "d"}, "annotations": {"a": "b"}},
                        "spec": {
                            "serviceAccountName": "sa",
                            "nodeSelector": {"a": "b"},
                            "tolerations": [{"key": "a", "operator": "Exists"}],
                            "hostAliases": [{"ip": "1.2.3.4", "hostnames": ["h"]}],
                            "imagePullSecrets": [{"name": "pull"}],
                            "affinity": {
                                "podAntiAffinity": {
                                    "preferredDuringSchedulingIgnoredDuringExecution": [
                                        {
                                            "weight": 100,
                                            "podAffinityTerm": {
                                                "topologyKey": "kubernetes.io/hostname",
                                                "labelSelector": {"matchLabels": {"a": "b"}},
                                            },
                                        }
                                    ]
                                }
                            },
                            "initContainers": [{"name": "init", "image": "i"}],
                            "securityContext": {"runAsNonRoot": True},
                            "containers": [
                                {
                                    "name": "c",
                                    "image": "quay.io/x@sha256:" + "a" * 64,
                                    "command": ["a"],
                                    "args": ["b"],
                                    "env": [
                                        {
                                            "name": "A",
                                            "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                                        },
                                        {
                                            "name": "B",
                                            "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
                                        },
                                        {"name": "E", "value": ""},
                                    ],
                                    "envFrom": [{"configMapRef": {"name": "cm"}}],
                                    "ports": [
                                        {"containerPort": 80, "name": "http"},
                                        {"containerPort": 53, "protocol": "UDP"},
                                    ],
                                    "resources": {
                                        "limits": {"cpu": "500m", "memory": "1Gi"},
                                        "requests": {"cpu": "5m"},
                                    },
                                    "livenessProbe": {"httpGet": {"path": "/healthz", "port": 80}},
                                    "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                                    "securityContext": {"runAsUser": 1000},
                                }
                            ],
                            "volumes": [
                                {"name": "v", "secret": {"secretName": "s"}},
                                {"name": "w", "configMap": {"name": "cm"}},
                                {"name": "e", "emptyDir": {}},
                            ],
                        },
                    },
                },
            },
        ),
        Step(
            "same again",
            "PATCH",
            D + "?fieldManager=two",
            {"spec": {"template": {"spec": {"volumes": [{"name": "e", "emptyDir": {}}]}}}},
            STRATEGIC,
        ),
        apply(
            "apply volumes",
            D,
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "d"},
                "spec": {
                    "template": {
                        "spec": {
                            "volumes": [{"name": "z", "secret": {"secretName": "q"}}],
                            "tolerations": [],
                            "hostAliases": [{"ip": "1.2.3.5"}],
                        }
                    }
                },
            },
            force=True,
        ),
    ),
    "services": (
        create("create", CORE + "/services", service(ports=[{"port": 80}], selector={"a": "b"})),
        create(
            "load balancer named",
            CORE + "/services",
            {
                **service(type="LoadBalancer", ports=[{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]),
                "metadata": {"name": "lb"},
            },
        ),
        create("no ports", CORE + "/services", service(selector={})),
        create(
            "bad name", CORE + "/services", {**service(ports=[{"port": 80}]), "metadata": {"name": "1svc"}}
        ),
        apply(
            "apply",
            CORE + "/services/new",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "new"},
                "spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "x"}], "selector": {"a": "b"}},
            },
        ),
        apply(
            "apply again",
            CORE + "/services/new",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "new"},
                "spec": {"ports": [{"port": 80, "protocol": "TCP"}], "selector": {"a": "b"}},
            },
        ),
        apply(
            "apply again same",
            CORE + "/services/new",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "new"},
                "spec": {"ports": [{"port": 80, "protocol": "TCP"}], "selector": {"a": "b"}},
            },
        ),
        Step("delete", "DELETE", CORE + "/services/svc"),
        create(
            "headless with selector",
            CORE + "/services",
            {
                **service(clusterIP="None", ports=[{"port": 80}], selector={"a": "b"}),
                "metadata": {"name": "selecting"},
            },
        ),
    ),
    "rights": (
        create(
            "service account",
            CORE + "/serviceaccounts",
            {"metadata": {"name": "sa"}, "imagePullSecrets": [{"name": "x"}]},
        ),
        apply(
            "apply account",
            CORE + "/serviceaccounts/sb",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "sb"},
                "imagePullSecrets": [{"name": "x"}],
                "secrets": [{"name": "y"}],
            },
        ),
        apply(
            "apply account two",
            CORE + "/serviceaccounts/sb",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": "sb"},
                "secrets": [{"name": "z"}],
            },
            "two",
        ),
        Step(
            "merge account stale",
            "PATCH",
            CORE + "/serviceaccounts/sb",
            {"metadata": {"resourceVersion": "1", "annotations": {"a": "b"}}},
            MERGE,
        ),
        Step("delete account", "DELETE", CORE + "/serviceaccounts/sa"),
        create(
            "role",
            RBAC + "/roles",
            {
                "metadata": {"name": "r"},
                "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
            },
        ),
        apply(
            "apply role",
            RBAC + "/roles/r2",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "r2"},
                "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
            },
        ),
        apply(
            "apply role two",
            RBAC + "/roles/r2",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "r2"},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
            },
            "two",
        ),
        create(
            "role without verbs",
            RBAC + "/roles",
            {"metadata": {"name": "r3"}, "rules": [{"apiGroups": [""], "resources": ["secrets"]}]},
        ),
        create(
            "binding",
            RBAC + "/rolebindings",
            {
                "metadata": {"name": "b"},
                "roleRef": {"kind": "Role", "name": "r"},
                "subjects": [{"kind": "ServiceAccount", "name": "sa"}],
            },
        ),
        create(
            "binding full",
            RBAC + "/rolebindings",
            {
                "metadata": {"name": "b"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
                "subjects": [
                    {"kind": "ServiceAccount", "name": "sa", "namespace": "{ns}"},
                    {"kind": "User", "name": "u"},
                ],
            },
        ),
        apply(
            "apply binding",
            RBAC + "/rolebindings/c",
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "c"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
                "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "{ns}"}],
            },
        ),
        Step("other role", "PATCH", RBAC + "/rolebindings/c", {"roleRef": {"name": "other"}}, MERGE),
        Step("delete role", "DELETE", RBAC + "/roles/r"),
    ),
    "rights from roles": (
        create("account", ACCOUNTS, {"metadata": {"name": "bot"}}),
        create("token", ACCOUNTS + "/bot/token", token_request()),
        create("token for two hours", ACCOUNTS + "/bot/token", token_request(expirationSeconds=7200)),
        create("token of nobody", ACCOUNTS + "/nobody/token", token_request()),
        Step("token by get", "GET", ACCOUNTS + "/bot/token"),
        by_bot("list without rights", "GET", CMS),
        by_bot("list everywhere without rights", "GET", "/api/v1/secrets"),
        by_bot("list by name without rights", "GET", CMS + "?fieldSelector=metadata.name%3Dcm"),
        by_bot("watch without rights", "GET", CMS + "?watch=1&timeoutSeconds=1"),
        by_bot("status without rights", "GET", D + "/status"),
        by_bot("namespace without rights", "GET", CORE),
        by_bot("token without rights", "POST", ACCOUNTS + "/bot/token", token_request()),
        by_bot("cluster roles without rights", "GET", CLUSTER_RBAC + "/clusterroles/x"),
        create(
            "role",
            ROLES,
            role(
                "worker",
                rule("configmaps", "get list patch"),
                rule("namespaces", "get"),
                rule("secrets", "get list watch", resourceNames=["s"]),
                rule("deployments/status */scale", "get", "apps"),
                rule("roles rolebindings", "get create update patch", RBAC_GROUP),
            ),
        ),
        create("binding", BINDINGS, binding("worker", "worker", BOT)),
        by_bot("list", "GET", CMS),
        by_bot("get missing", "GET", CM),
        by_bot("namespace", "GET", CORE),
        by_bot("other namespace", "GET", "/api/v1/namespaces/default"),
        by_bot("apply without create", "PATCH", CM + "?fieldManager=one", config_map(), APPLY),
        create("config map", CMS, config_map()),
        by_bot("apply with patch", "PATCH", CM + "?fieldManager=one", config_map(data={"a": "b"}), APPLY),
        by_bot("delete", "DELETE", CM),
        by_bot("secret by name", "GET", S),
        by_bot("secret of another name", "GET", SECRETS + "/other"),
        by_bot("secrets", "GET", SECRETS),
        by_bot("secrets by name", "GET", SECRETS + "?fieldSelector=metadata.name%3Ds"),
        by_bot("status", "GET", D + "/status"),
        by_bot("deployment", "GET", D),
        by_bot("grant what it has", "POST", ROLES, role("fine", rule("configmaps", "list get"))),
        by_bot(
            "grant a named secret", "POST", ROLES, role("named", rule("secrets", "get", resourceNames=["s"]))
        ),
        by_bot("grant all secrets", "POST", ROLES, role("all", rule("secrets", "get"))),
        by_bot(
            "grant other secrets",
            "POST",
            ROLES,
            role("others", rule("secrets", "get list delete", resourceNames=["s", "t"])),
        ),
        by_bot("grant one right", "POST", ROLES, role("one", rule("pods", "get"))),
        by_bot(
            "grant many rights",
            "POST",
            ROLES,
            role(
                "many",
                rule("pods configmaps pods/exec", "watch get create"),
                rule("deployments", "get", "apps"),
                rule("configmaps", "delete watch"),
            ),
        ),
        by_bot("grant everything", "POST", ROLES, role("everything", rule("*", "*", "*"))),
        by_bot("grant nothing", "POST", ROLES, {"metadata": {"name": "nothing"}}),
        by_bot(
            "apply a grant",
            "PATCH",
            ROLES + "/applied?fieldManager=one",
            role("applied", rule("pods", "get")),
            APPLY,
        ),
        by_bot("grant more", "PATCH", ROLES + "/fine", role("fine", rule("pods", "list")), MERGE),
        by_bot("replace by more", "PUT", ROLES + "/fine", role("fine", rule("pods", "list"))),
        by_bot("grant less", "PATCH", ROLES + "/fine", role("fine", rule("configmaps", "list")), MERGE),
        by_bot(
            "grant in a missing namespace",
            "POST",
            "/apis/rbac.authorization.k8s.io/v1/namespaces/nowhere/roles",
            role("x"),
        ),
        create("strong role", ROLES, role("strong", rule("pods", "get list"))),
        by_bot(
            "label a strong role", "PATCH", ROLES + "/strong", {"metadata": {"labels": {"a": "b"}}}, MERGE
        ),
        by_bot("leave a strong role", "PATCH", ROLES + "/strong", {"metadata": {"labels": None}}, MERGE),
        by_bot("bind a strong role", "POST", BINDINGS, binding("strong", "strong", BOT)),
        by_bot("bind a fine role", "POST", BINDINGS, binding("fine", "fine", BOT)),
        by_bot("bind a missing role", "POST", BINDINGS, binding("missing", "missing", BOT)),
        by_bot(
            "bind a missing cluster role",
            "POST",
            BINDINGS,
            binding("missing", "{ns}-missing", BOT, kind="ClusterRole"),
        ),
        create("strong binding", BINDINGS, binding("strong", "strong", {"kind": "User", "name": "u"})),
        by_bot("join a strong binding", "PATCH", BINDINGS + "/strong", {"subjects": [BOT]}, MERGE),
        create(
            "passing on",
            ROLES,
            role(
                "passing",
                rule("roles", "escalate", RBAC_GROUP, resourceNames=["strong"]),
                rule("roles", "bind", RBAC_GROUP, resourceNames=["strong"]),
            ),
        ),
        create("may pass on", BINDINGS, binding("passing", "passing", BOT)),
        by_bot("escalate", "PATCH", ROLES + "/strong", role("strong", rule("pods", "list")), MERGE),
        by_bot("bind", "PATCH", BINDINGS + "/strong", {"subjects": [BOT]}, MERGE),
        create(
            "cluster role",
            CLUSTER_RBAC + "/clusterroles",
            cluster_wide(
                role(
                    "{ns}-reader",
                    rule("secrets", "list"),
                    rule("clusterroles clusterrolebindings", "create", RBAC_GROUP),
                )
            ),
        ),
        create(
            "cluster role binding",
            CLUSTER_RBAC + "/clusterrolebindings",
            cluster_wide(
                binding(
                    "{ns}-reader",
                    "{ns}-reader",
                    {"kind": "Group", "name": "system:serviceaccounts:{ns}", "apiGroup": RBAC_GROUP},
                    kind="ClusterRole",
                )
            ),
        ),
        by_bot("cluster-wide, in the namespace", "GET", SECRETS),
        by_bot("cluster-wide, another verb", "GET", "/api/v1/secrets?watch=1"),
        by_bot(
            "grant cluster-wide",
            "POST",
            CLUSTER_RBAC + "/clusterroles",
            cluster_wide(role("{ns}-more", rule("configmaps", "get"), rule("secrets", "list"))),
        ),
        by_bot(
            "bind cluster-wide",
            "POST",
            CLUSTER_RBAC + "/clusterrolebindings",
            cluster_wide(binding("{ns}-admin", "{ns}-missing", BOT, kind="ClusterRole")),
        ),
        create(
            "binding without a role",
            BINDINGS,
            binding("lost", "lost", {"kind": "ServiceAccount", "name": "bot", "namespace": "{ns}"}),
        ),
        by_bot("refused with a broken binding", "GET", CORE + "/services"),
        create("account to lose", ACCOUNTS, {"metadata": {"name": "lost"}}),
        Step("delete binding", "DELETE", BINDINGS + "/worker"),
        by_bot("list after the binding has gone", "GET", CMS),
        Step("delete account", "DELETE", ACCOUNTS + "/bot"),
        Step("delete cluster role", "DELETE", CLUSTER_RBAC + "/clusterroles/{ns}-reader"),
        Step("delete cluster binding", "DELETE", CLUSTER_RBAC + "/clusterrolebindings/{ns}-reader"),
    ),
    "namespaces": (
        Step("get", "GET", "/api/v1/namespaces/{ns}"),
        Step("label", "PATCH", "/api/v1/namespaces/{ns}", {"metadata": {"labels": {"a": "b"}}}, MERGE),
        create("config map", CMS, config_map()),
        Step("delete", "DELETE", "/api/v1/namespaces/{ns}"),
        Step("delete again", "DELETE", "/api/v1/namespaces/{ns}"),
        create("late config map", CMS, config_map("late")),
        apply("late apply", CMS + "/late", config_map("late")),
        Step("config map is still there", "GET", CM),
        create("another", "/api/v1/namespaces", {"metadata": {"name": "{ns}-another"}}),
        create("another again", "/api/v1/namespaces", {"metadata": {"name": "{ns}-another"}}),
    ),
    "watches": (
        create("create", CMS, config_map(data={"a": "1"}, metadata={"labels": {"w": "1"}})),
        Step("change", "PATCH", CM, {"data": {"a": "2"}}, MERGE),
        Step("leave the selector", "PATCH", CM, {"metadata": {"labels": {"w": "2"}}}, MERGE),
        create("other", CMS, config_map("other")),
        Step("return to the selector", "PATCH", CM, {"metadata": {"labels": {"w": "1"}}}, MERGE),
        Step("delete", "DELETE", CM),
        Step("all since the first", "GET", CMS + "?watch=1&timeoutSeconds=3&resourceVersion={rv:create}"),
        Step(
            "of a label",
            "GET",
            CMS + "?watch=1&timeoutSeconds=3&resourceVersion={rv:create}&labelSelector=w=1",
        ),
        Step(
            "of a name",
            "GET",
            CMS + "?watch=1&timeoutSeconds=3&resourceVersion={rv:create}&fieldSelector=metadata.name=other",
        ),
        Step("of one object", "GET", CM + "?watch=1&timeoutSeconds=3&resourceVersion={rv:create}"),
        Step("from now", "GET", CMS + "?watch=1&timeoutSeconds=3"),
        Step("broken version", "GET", CMS + "?watch=1&resourceVersion=abc"),
        Step("broken time", "GET", CMS + "?watch=1&timeoutSeconds=x"),
        Step("broken selector", "GET", CMS + "?watch=1&labelSelector=a%20b"),
        Step("list of the future", "GET", CMS + "?resourceVersion=999999999"),
    ),
    "right after a dry run nothing has happened": (
        create("create", CMS + "?dryRun=All", config_map()),
        Step("get", "GET", CM),
        create("create really", CMS, config_map()),
        create("again", CMS + "?dryRun=All", config_map()),
        Step("replace", "PUT", CM + "?dryRun=All", config_map(data={"a": "1"})),
        apply("apply", CM, config_map(data={"a": "1"}), "one&dryRun=All"),
        Step("patch", "PATCH", CM + "?dryRun=All", {"data": {"a": "1"}}, MERGE),
        Step("delete", "DELETE", CM + "?dryRun=All"),
        Step("still there", "GET", CM),
    ),
}
