"""Scenes that play every request of our client with every kind that it manages.

The requests are those of ``reconcile.openshift.client``: the same verbs, options and bodies, and the refusals that it
tells apart. `tests/request_shapes.py` says which of them the tests of the integration see.
"""

from dataclasses import dataclass
from typing import Any

from reconcile import kinds
from reconcile.kinds import Kind
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from tests.sandbox.kubernetes import conversation
from tests.sandbox.kubernetes.conversation import APPLY, MERGE, Step

Json = dict[str, Any]
_UNKNOWN = {"Authorization": "Bearer nobody"}
_LABELS = {"app": "x"}
_POD = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "quay.io/x:1"}]}}
_RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
_CLUSTER_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "{ns}-r"}
_ACCOUNT = {"kind": "ServiceAccount", "namespace": "{ns}"}
_MANAGER = "fieldManager=ours"


@dataclass(frozen=True)
class _Cast:
    """A kind, and the rest of an object of it in two versions."""

    kind: Kind
    before: Json
    after: Json

    @property
    def collection(self) -> str:
        """Path of all objects in the namespace of the scene, or in the cluster."""
        kind = self.kind
        root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        return f"{root}/namespaces/{{ns}}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"

    @property
    def name(self) -> str:
        """Of the object; objects of the cluster are named after the namespace of the scene."""
        return "x" if self.kind.namespaced else "{ns}-x"

    def object(self, rest: Json | None = None, **metadata: Any) -> Json:
        kind = self.kind
        head = {"apiVersion": kind.api_version, "kind": kind.name}
        place = {"namespace": "{ns}"} if kind.namespaced else {}
        return {**head, "metadata": {"name": self.name, **place, **metadata}, **(rest or {})}


_CASTS = (
    _Cast(kinds.CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}),
    _Cast(kinds.SECRET, {"stringData": {"a": "1"}}, {"stringData": {"a": "2"}}),
    _Cast(kinds.SERVICE_ACCOUNT, {}, {"automountServiceAccountToken": False}),
    _Cast(kinds.ROLE, {"rules": [_RULE]}, {"rules": [{**_RULE, "verbs": ["get", "list"]}]}),
    _Cast(
        kinds.ROLE_BINDING,
        {"roleRef": _ROLE, "subjects": [{**_ACCOUNT, "name": "x"}]},
        {"roleRef": _ROLE, "subjects": [{**_ACCOUNT, "name": "y"}]},
    ),
    _Cast(
        kinds.DEPLOYMENT,
        {"spec": {"replicas": 1, "selector": {"matchLabels": _LABELS}, "template": _POD}},
        {"spec": {"replicas": 0, "selector": {"matchLabels": _LABELS}, "template": _POD}},
    ),
    _Cast(
        kinds.SERVICE,
        {"spec": {"selector": _LABELS, "ports": [{"name": "a", "port": 80}]}},
        {"spec": {"selector": _LABELS, "ports": [{"name": "a", "port": 80}], "type": "LoadBalancer"}},
    ),
    _Cast(kinds.CLUSTER_ROLE, {"rules": [_RULE]}, {"rules": [{**_RULE, "verbs": ["get", "list"]}]}),
    _Cast(
        CLUSTER_ROLE_BINDING,
        {"roleRef": _CLUSTER_ROLE, "subjects": [{**_ACCOUNT, "name": "x"}]},
        {"roleRef": _CLUSTER_ROLE, "subjects": [{**_ACCOUNT, "name": "y"}]},
    ),
    _Cast(kinds.CLUSTER_POLICY, {"spec": {"namespaces": ["a"]}}, {"spec": {"namespaces": ["a", "b"]}}),
)


def _scene(cast: _Cast) -> tuple[Step, ...]:
    objects, one = cast.collection, f"{cast.collection}/{cast.name}"
    place = "fieldSelector=metadata.name=" + cast.name
    label = {"metadata": {"labels": {"k": "v"}}}
    watch = f"{objects}?watch=true&allowWatchBookmarks=true&{place}&timeoutSeconds=1&resourceVersion="
    fresh, stale = {"resourceVersion": "{rv:patch}"}, {"resourceVersion": "1"}
    background = {"propagationPolicy": "Background"}

    def apply(name: str, rest: Json, query: str = _MANAGER, **more: Any) -> Step:
        return Step(name, "PATCH", f"{one}?{query}", cast.object(rest), APPLY, **more)

    def ask(name: str, method: str, path: str, body: Any = None, **more: Any) -> Step:
        return Step(name, method, path, body, more.pop("content_type", conversation.JSON), **more)

    return (
        ask("get missing", "GET", one),
        ask("patch missing", "PATCH", f"{one}?{_MANAGER}", label, content_type=MERGE),
        ask("delete missing", "DELETE", one, background),
        apply("apply dry", cast.before, f"{_MANAGER}&dryRun=All&force=true"),
        apply("apply", cast.before, f"{_MANAGER}&force=true"),
        apply("apply again", cast.before, f"{_MANAGER}&force=true"),
        apply("apply a change", cast.after, f"{_MANAGER}&force=true"),
        ask("get", "GET", one),
        ask("list", "GET", f"{objects}?{place}&limit=500"),
        ask("watch", "GET", watch + "{rv:apply}"),
        ask("create again", "POST", f"{objects}?{_MANAGER}", cast.object(cast.before)),
        ask("patch", "PATCH", f"{one}?{_MANAGER}", label, content_type=MERGE),
        ask("patch stale", "PATCH", f"{one}?{_MANAGER}", {"metadata": stale}, content_type=MERGE),
        ask("replace stale", "PUT", f"{one}?{_MANAGER}", cast.object(cast.after, **stale)),
        ask("replace", "PUT", f"{one}?{_MANAGER}", cast.object(cast.after, **fresh)),
        *_with_unknown_token(cast),
        *_without_rights(cast),
        ask("delete of another", "DELETE", one, {**background, "preconditions": {"uid": "other"}}),
        ask("delete dry", "DELETE", f"{one}?dryRun=All", {**background, "dryRun": ["All"]}),
        ask("delete", "DELETE", one, {**background, "preconditions": {"uid": "{uid:apply}"}}),
        ask("create", "POST", f"{objects}?{_MANAGER}", cast.object(cast.before)),
        ask("delete what was created", "DELETE", one, background),
    )


def _every_request(cast: _Cast, how: str, **more: Any) -> tuple[Step, ...]:
    objects, one = cast.collection, f"{cast.collection}/{cast.name}"
    body = cast.object(cast.before)
    return tuple(
        Step(f"{verb} {how}", method, path, sent, content_type, **more)
        for verb, method, path, sent, content_type in (
            ("get", "GET", one, None, conversation.JSON),
            ("list", "GET", f"{objects}?limit=500", None, conversation.JSON),
            ("watch", "GET", f"{objects}?watch=true&timeoutSeconds=1", None, conversation.JSON),
            ("apply", "PATCH", f"{one}?{_MANAGER}", body, APPLY),
            ("patch", "PATCH", f"{one}?{_MANAGER}", {"metadata": {"labels": {"k": "v"}}}, MERGE),
            ("create", "POST", f"{objects}?{_MANAGER}", body, conversation.JSON),
            ("replace", "PUT", f"{one}?{_MANAGER}", body, conversation.JSON),
            ("delete", "DELETE", one, {"propagationPolicy": "Background"}, conversation.JSON),
        )
    )


def _with_unknown_token(cast: _Cast) -> tuple[Step, ...]:
    return _every_request(cast, "with an unknown token", headers=_UNKNOWN)


def _without_rights(cast: _Cast) -> tuple[Step, ...]:
    accounts = f"{conversation.CORE}/serviceaccounts"
    return (
        Step("account", "POST", accounts, {"metadata": {"name": "bot"}}),
        Step("token", "POST", f"{accounts}/bot/token", conversation.token_request()),
        *_every_request(cast, "without rights", by="token"),
    )


def _elsewhere(cast: _Cast) -> tuple[Step, ...]:
    """In a namespace that does not exist, and in one that is going away."""
    nowhere = cast.collection.replace("{ns}", "nowhere")
    displaced = {**cast.object(cast.before), "metadata": {"name": "x"}}
    return (
        Step(f"list {cast.kind.plural}", "GET", nowhere),
        Step(f"create {cast.kind.plural}", "POST", nowhere, displaced),
        Step(f"apply {cast.kind.plural}", "PATCH", f"{nowhere}/x?{_MANAGER}", displaced, APPLY),
    )


_DIAGNOSED = (kinds.POD, kinds.EVENT, kinds.RESOURCE_QUOTA, kinds.NETWORK_POLICY)
"""Kinds that a diagnosis lists and nobody here writes."""
_REVIEWS = f"/apis/{kinds.RULES_REVIEW.api_version}/{kinds.RULES_REVIEW.plural}"


def _listed(kind: Kind) -> tuple[Step, ...]:
    """What our client asks about a kind that it only lists."""
    cast = _Cast(kind, {}, {})
    every = f"{cast.collection}?limit=500"
    accounts = f"{conversation.CORE}/serviceaccounts"
    return (
        Step("list", "GET", every),
        Step("list nowhere", "GET", every.replace("{ns}", "nowhere")),
        Step("list with an unknown token", "GET", every, headers=_UNKNOWN),
        Step("account", "POST", accounts, {"metadata": {"name": "bot"}}),
        Step("token", "POST", f"{accounts}/bot/token", conversation.token_request()),
        Step("list without rights", "GET", every, by="token"),
    )


_JOB = {
    "backoffLimit": 0,
    "activeDeadlineSeconds": 60,
    "ttlSecondsAfterFinished": 60,
    "template": {
        "metadata": {"labels": _LABELS},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "serviceAccountName": "router",
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "probe",
                    "image": "quay.io/x:1",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["python3", "-c", "print()"],
                    "resources": {"requests": {"cpu": "10m"}, "limits": {"cpu": "200m"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    },
                }
            ],
        },
    },
}


def _job() -> tuple[Step, ...]:
    """What our client does with a Job, which it neither reads nor changes."""
    cast = _Cast(kinds.JOB, {"spec": _JOB}, {})
    objects, one = f"{cast.collection}?{_MANAGER}", f"{cast.collection}/{cast.name}"
    body = cast.object(cast.before, labels=_LABELS)
    background = {"propagationPolicy": "Background"}
    accounts = f"{conversation.CORE}/serviceaccounts"

    def both(how: str, **more: Any) -> tuple[Step, ...]:
        return (
            Step(f"create {how}", "POST", objects, body, **more),
            Step(f"delete {how}", "DELETE", one, background, **more),
        )

    return (
        Step("delete missing", "DELETE", one, background),
        Step(
            "create nowhere", "POST", objects.replace("{ns}", "nowhere"), {**body, "metadata": {"name": "x"}}
        ),
        Step("create", "POST", objects, body),
        Step("create again", "POST", objects, body),
        Step("list pods of it", "GET", f"{conversation.CORE}/pods?labelSelector=app%3Dx&limit=500"),
        *both("with an unknown token", headers=_UNKNOWN),
        Step("account", "POST", accounts, {"metadata": {"name": "bot"}}),
        Step("token", "POST", f"{accounts}/bot/token", conversation.token_request()),
        *both("without rights", by="token"),
        Step("delete", "DELETE", one, background),
    )


def _reviews() -> tuple[Step, ...]:
    """An account asks for its rights: it has none, those of a Role, and it is unknown."""
    accounts = f"{conversation.CORE}/serviceaccounts"
    review = {
        "apiVersion": kinds.RULES_REVIEW.api_version,
        "kind": kinds.RULES_REVIEW.name,
        "spec": {"namespace": "{ns}"},
    }
    binding = {"roleRef": _ROLE, "subjects": [{**_ACCOUNT, "name": "bot"}]}
    rule = {**_RULE, "resourceNames": ["a"], "verbs": ["get", "patch"]}
    return (
        Step("account", "POST", accounts, {"metadata": {"name": "bot"}}),
        Step("token", "POST", f"{accounts}/bot/token", conversation.token_request()),
        Step("review without rights", "POST", _REVIEWS, review, by="token"),
        Step(
            "role",
            "POST",
            f"{conversation.RBAC}/roles",
            {"metadata": {"name": "r"}, "rules": [rule]},
        ),
        Step("binding", "POST", f"{conversation.RBAC}/rolebindings", {"metadata": {"name": "b"}, **binding}),
        Step("review", "POST", _REVIEWS, review, by="token"),
        Step("review with an unknown token", "POST", _REVIEWS, review, headers=_UNKNOWN),
    )


_NAMESPACE = _Cast(kinds.NAMESPACE, {}, {})
_NOT_ON_NAMESPACES = frozenset(
    {"create", "replace", "delete", "delete dry", "delete of another", "delete what was created"}
)
"""What our client does to no namespace. A deleted one lasts until controllers have emptied it."""

SCENES: dict[str, tuple[Step, ...]] = {
    **{f"every verb on {cast.kind.plural}": _scene(cast) for cast in _CASTS},
    **{f"lists of {kind.plural}": _listed(kind) for kind in _DIAGNOSED},
    "a job": _job(),
    "reviews of rights": _reviews(),
    "every verb on namespaces": tuple(
        step for step in _scene(_NAMESPACE) if step.name not in _NOT_ON_NAMESPACES
    ),
    "namespaces that do not exist": tuple(
        step for cast in _CASTS if cast.kind.namespaced for step in _elsewhere(cast)
    ),
}
