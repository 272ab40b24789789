"""Which error a refused request becomes, and how it reads."""

import pytest

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, ROLE, ROUTE, SECRET
from reconcile.openshift import errors
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client

from .loopback import fails, serving

TOKEN_SECRET = {"metadata": {"name": "link-abc", "namespace": "skupper-vault-net"}}
CAUGHT = "CAUGHT-PRIVATE-KEY"


def denied(verb, resource, group=""):
    """The words of kube-apiserver's authorizer."""
    return (
        f'{resource} is forbidden: User "bot" cannot {verb} resource "{resource}" '
        f'in API group "{group}" in the namespace "skupper-vault-net"'
    )


def refusal(connect, reply, ask):
    with serving(reply) as server, pytest.raises(errors.ClusterError) as caught:
        ask(connect(server.url))
    return caught.value


@pytest.mark.parametrize(
    ("status", "reason", "wanted"),
    [
        (400, "BadRequest", errors.Invalid),
        (401, "Unauthorized", errors.Unauthorised),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (405, "MethodNotAllowed", errors.ClusterError),
        (409, "AlreadyExists", errors.AlreadyExists),
        (409, "Conflict", errors.Conflict),
        (410, "Expired", errors.Gone),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.Throttled),
        (500, "InternalError", errors.ServerFault),
        (503, "ServiceUnavailable", errors.ServerFault),
    ],
)
def test_each_status_has_its_class(connect, status, reason, wanted):
    reply = fails(status, reason, "said the server")
    error = refusal(connect, reply, lambda client: client.get(CONFIG_MAP, "skupper-site", "vault"))
    assert type(error) is wanted
    assert (error.status, error.reason) == (status, "said the server")


def test_an_error_carries_what_was_asked_of_whom(connect):
    reply = fails(404, "NotFound", 'configmaps "skupper-site" not found')
    error = refusal(connect, reply, lambda client: client.get(CONFIG_MAP, "skupper-site", "vault"))
    assert (error.cluster, error.verb, error.kind) == ("app-sre-stage-01", "get", CONFIG_MAP)
    assert (error.namespace, error.name) == ("vault", "skupper-site")
    assert str(error) == (
        "app-sre-stage-01/vault: cannot get ConfigMap skupper-site: "
        'not found (404): configmaps "skupper-site" not found'
    )


def test_a_missing_right_is_named(connect):
    reply = fails(403, "Forbidden", denied("list", "roles", "rbac.authorization.k8s.io"))
    error = refusal(connect, reply, lambda client: client.list(ROLE, namespace="vault"))
    assert str(error).endswith(
        "; the account needs list on roles.rbac.authorization.k8s.io in namespace vault"
    )


def test_a_missing_cluster_wide_right_is_named(connect):
    reply = fails(403, "Forbidden", denied("list", "secrets"))
    error = refusal(connect, reply, lambda client: client.list(SECRET))
    assert error.hint == "the account needs list on secrets in all namespaces"


def test_a_missing_right_on_a_cluster_scoped_kind_is_named(connect):
    reply = fails(403, "Forbidden", denied("get", "skupperclusterpolicies", "skupper.io"))
    error = refusal(connect, reply, lambda client: client.get(CLUSTER_POLICY, "vault"))
    assert error.hint == "the account needs get on skupperclusterpolicies.skupper.io (cluster-wide)"


def test_apply_may_lack_either_of_two_rights(connect):
    reply = fails(403, "Forbidden", denied("create", "configmaps"))
    error = refusal(connect, reply, lambda client: client.apply(CONFIG_MAP, TOKEN_SECRET))
    assert error.hint == "the account needs create on configmaps in namespace skupper-vault-net"


def test_a_server_that_says_nothing_leaves_all_rights_of_the_verb_open(connect):
    error = refusal(connect, fails(403), lambda client: client.apply(CONFIG_MAP, TOKEN_SECRET))
    assert error.hint == "the account needs patch and create on configmaps in namespace skupper-vault-net"


def test_a_grant_of_rights_one_lacks_is_distinguished(connect):
    message = 'user "bot" is attempting to grant RBAC permissions not currently held: {...}'
    reply = fails(403, "Forbidden", message)
    error = refusal(connect, reply, lambda client: client.apply(ROLE, TOKEN_SECRET))
    assert error.hint == "an account can grant only rights that it has itself"


def grant(*missing: str) -> str:
    listed = "\n".join(missing)
    return f'user "bot" (groups=["g"]) is attempting to grant RBAC permissions not currently held:\n{listed}'


def test_rights_that_are_missing_for_a_grant_are_named(connect):
    message = grant(
        '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "get"]}',
        '{APIGroups:["apps"], Resources:["deployments"], ResourceNames:["d"], Verbs:["patch"]}',
    )
    reply = fails(403, "Forbidden", message)
    error = refusal(connect, reply, lambda client: client.apply(ROLE, TOKEN_SECRET))
    assert error.hint == (
        'the account needs get, list on pods; patch on deployments.apps "d" in namespace skupper-vault-net, '
        "since an account can grant only rights that it has itself"
    )


def test_of_many_rights_that_are_missing_for_a_grant_some_are_named(connect):
    message = grant(*(f'{{APIGroups:[""], Resources:["r{n}"], Verbs:["get"]}}' for n in range(8)))
    reply = fails(403, "Forbidden", message)
    error = refusal(connect, reply, lambda client: client.apply(ROLE, TOKEN_SECRET))
    assert "get on r4 and 3 more resources in namespace" in error.hint


def test_an_apply_that_is_refused_without_a_reason_lacks_the_right_to_create(connect):
    reply = fails(403, "Forbidden", 'configmaps "cm" is forbidden: ')
    error = refusal(connect, reply, lambda client: client.apply(CONFIG_MAP, TOKEN_SECRET))
    assert error.hint == "the account needs create on configmaps in namespace skupper-vault-net"


@pytest.mark.parametrize(
    "message",
    [
        'pods "a" is forbidden: exceeded quota: small',
        "unable to create new content in namespace vault because it is being terminated",
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on",
    ],
)
def test_an_admission_rule_is_not_taken_for_a_missing_right(connect, message):
    error = refusal(
        connect,
        fails(403, "Forbidden", message),
        lambda client: client.create(CONFIG_MAP, TOKEN_SECRET),
    )
    assert (error.reason, error.hint) == (message, "")


def test_a_kind_that_the_cluster_does_not_have_is_distinguished(connect):
    error = refusal(
        connect,
        lambda visit: visit.answer(404, b"404 page not found\n", "text/plain; charset=utf-8"),
        lambda client: client.list(ROUTE),
    )
    assert type(error) is errors.NotServed
    assert error.reason == "the cluster has no routes in route.openshift.io/v1"


def test_the_plain_text_of_the_limit_on_requests_in_flight_is_understood(connect):
    error = refusal(
        connect,
        lambda visit: visit.answer(429, b"Too many requests, please try again later.\n", "text/plain"),
        lambda client: client.list(SECRET),
    )
    assert type(error) is errors.Throttled


@pytest.mark.parametrize("status", [400, 403, 409, 422, 500])
@pytest.mark.parametrize("verb", ["create", "apply", "replace", "patch"])
def test_a_refused_write_of_a_secret_repeats_none_of_the_servers_words(connect, status, verb):
    causes = [{"reason": "FieldValueInvalid", "message": f"Invalid: {CAUGHT}", "field": "data[tls.key]"}]
    reply = fails(status, "Invalid", f'Secret is invalid: "{CAUGHT}"', details={"causes": causes})

    def ask(client):
        if verb == "patch":
            client.patch(SECRET, "link-abc", "skupper-vault-net", TOKEN_SECRET)
        else:
            getattr(client, verb)(SECRET, TOKEN_SECRET)

    error = refusal(connect, reply, ask)
    assert CAUGHT not in f"{error} {error!r} {error.__dict__} {error.__cause__!r} {error.__context__!r}"
    assert error.reason == "Invalid (FieldValueInvalid at data[tls.key])"


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (
            403,
            (
                'secrets "link-abc" is forbidden: exceeded quota: object-counts, requested: secrets=1, used: '
                "secrets=10, limited: secrets=10"
            ),
            "quota object-counts is used up; raise it or delete what is not needed",
        ),
        (
            500,
            'Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": no endpoints available',
            "webhook validate.kyverno.svc-fail does not answer; repair its service",
        ),
        (
            400,
            f'admission webhook "policies.example.com" denied the request: {CAUGHT}',
            "webhook policies.example.com denied it; ask those who run this webhook which rule it breaks",
        ),
        (
            400,
            (
                'admission webhook "validate.kyverno.svc-fail" denied the request: resource Secret/vault/link-abc was '
                f"blocked due to the following policies: a: 'validation error: {CAUGHT}'"
            ),
            "webhook validate.kyverno.svc-fail denied it",
        ),
        (
            422,
            (
                "secrets \"link-abc\" is forbidden: ValidatingAdmissionPolicy 'no-tokens.example.com' with binding "
                f"'all' denied request: {CAUGHT}"
            ),
            "admission policy no-tokens.example.com denied it; ask those who wrote it; to see its rules, run: oc get",
        ),
        (
            403,
            (
                'secrets "link-abc" is forbidden: unable to create new content in namespace vault because it is being '
                "terminated"
            ),
            "namespace vault is being terminated",
        ),
    ],
)
def test_what_refused_a_secret_is_named(connect, status: int, message: str, told: str):
    error = refusal(
        connect, fails(status, "Forbidden", message), lambda client: client.create(SECRET, TOKEN_SECRET)
    )
    assert told in str(error)
    assert CAUGHT not in str(error)


SITE = {"metadata": {"name": "skupper-site", "namespace": "vault"}}
WEBHOOK = 'admission webhook "policies.example.com" denied the request: '


@pytest.mark.parametrize("key", ["console-password", "prometheus-server-password"])
def test_a_webhook_that_quotes_a_password_of_ours_is_named_without_its_words(connect, key: str):
    body = {**SITE, "data": {key: CAUGHT}}
    reply = fails(400, "Forbidden", f"{WEBHOOK}{CAUGHT} is too short")
    for ask in (
        lambda client: client.apply(CONFIG_MAP, body),
        lambda client: client.create(CONFIG_MAP, body),
        lambda client: client.patch(CONFIG_MAP, "skupper-site", "vault", {"data": {key: CAUGHT}}),
    ):
        error = refusal(connect, reply, ask)
        assert error.reason == "webhook policies.example.com denied it"
        assert CAUGHT not in f"{error} {error!r} {error.__dict__}"


def test_a_webhook_that_quotes_a_stored_password_is_named_without_its_words(connect):
    reply = fails(400, "Forbidden", f'{WEBHOOK}old object: {{"console-password": "{CAUGHT}"}}')
    error = refusal(connect, reply, lambda client: client.delete(CONFIG_MAP, "skupper-site", "vault"))
    assert error.reason == "webhook policies.example.com denied it"
    assert CAUGHT not in str(error)


def test_what_a_webhook_says_of_an_object_without_passwords_is_shown(connect):
    reply = fails(400, "Forbidden", f"{WEBHOOK}you must provide the label owner")
    error = refusal(connect, reply, lambda client: client.apply(CONFIG_MAP, SITE))
    assert "you must provide the label owner" in str(error)


def test_a_webhook_that_writes_of_a_quota_has_its_words_ignored(connect):
    message = 'I refuse: secrets "x" is forbidden: exceeded quota: secret-value, requested: secrets=1'
    error = refusal(connect, fails(403, "", message), lambda client: client.create(SECRET, TOKEN_SECRET))
    assert "secret-value" not in str(error)


def test_a_reason_of_a_webhook_about_a_secret_is_not_repeated(connect):
    reply = fails(403, f"I do not like {CAUGHT}", details={"causes": [{"reason": f"x {CAUGHT}"}]})
    error = refusal(connect, reply, lambda client: client.create(SECRET, TOKEN_SECRET))
    assert error.reason == ""


def test_a_missing_namespace_of_a_secret_is_named(connect):
    reply = fails(404, "NotFound", details={"kind": "namespaces", "name": "skupper-vault-net"})
    error = refusal(connect, reply, lambda client: client.create(SECRET, TOKEN_SECRET))
    assert str(error).endswith("not found (404): NotFound (namespace skupper-vault-net)")


def test_the_missing_right_to_create_a_secret_is_named_all_the_same(connect):
    reply = fails(403, "Forbidden", denied("create", "secrets"))
    error = refusal(connect, reply, lambda client: client.create(SECRET, TOKEN_SECRET))
    assert str(error) == (
        "app-sre-stage-01/skupper-vault-net: cannot create Secret link-abc: forbidden (403); "
        "the account needs create on secrets in namespace skupper-vault-net"
    )


def test_a_long_message_is_cut(connect):
    reply = fails(422, "Invalid", "x" * 10_000)
    error = refusal(connect, reply, lambda client: client.create(CONFIG_MAP, TOKEN_SECRET))
    assert len(str(error)) < 1200


def test_a_message_of_several_lines_becomes_one(connect):
    reply = fails(422, "Invalid", "one\n  two")
    error = refusal(connect, reply, lambda client: client.create(CONFIG_MAP, TOKEN_SECRET))
    assert error.reason == "one two"


def test_what_could_steer_a_terminal_is_left_out(connect):
    reply = fails(422, "Invalid", "red \x1b[31m half \ud800")
    error = refusal(connect, reply, lambda client: client.create(CONFIG_MAP, TOKEN_SECRET))
    assert error.reason == "red [31m half"


@pytest.mark.parametrize("details", ["text", [1], {"causes": 1}, {"causes": [1, {"field": 2}, {}]}])
def test_strange_details_of_a_refusal_do_no_harm(connect, details):
    error = refusal(
        connect,
        fails(422, "Invalid", details=details),
        lambda client: client.create(SECRET, TOKEN_SECRET),
    )
    assert error.reason == "Invalid"


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel"])
def test_a_token_that_fits_no_header_is_refused_without_being_shown(connect, token):
    with pytest.raises(errors.Unauthorised) as caught:
        connect("https://127.0.0.1:1", token=token).list(SECRET)
    assert not token or token not in str(caught.value)


def test_the_token_is_in_no_repr(connect):
    access = Access("app-sre-stage-01", "https://127.0.0.1:1", "the-bearer-token")
    assert "bearer-token" not in repr(access) + repr(Client(access))
