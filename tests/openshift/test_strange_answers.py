"""Whatever bytes a server sends, a caller gets an object or a ClusterError, and never bytes of a Secret."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from reconcile.kinds import SECRET
from reconcile.openshift import answers, errors
from reconcile.openshift.messages import Answer

CALL = answers.Call("app-sre-stage-01", "create", SECRET, "vault", "link-a")
STATUSES = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
STATUS_KEYS = st.sampled_from(["kind", "code", "reason", "message", "details", "causes", "metadata", "items"])
STATUS_LIKE = st.dictionaries(STATUS_KEYS, JSON | st.dictionaries(STATUS_KEYS, JSON, max_size=3))
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Location", "Retry-After"]), st.text() | st.just("http://[")
)


def answer_of(status, headers, body):
    answer = Answer(status, headers, body)
    assert answer.retry_after >= 0
    text = ""
    items = []
    try:
        items = answers.items(answers.read(answer, CALL), CALL)
    except errors.ClusterError as error:
        text = str(error)
    assert all(isinstance(item["metadata"], dict) for item in items)
    assert text.isprintable()
    return text


@settings(deadline=None)
@given(STATUSES, HEADERS, st.binary())
def test_any_bytes(status, headers, body):
    answer_of(status, headers, body)


@settings(deadline=None)
@given(STATUSES, HEADERS, JSON | STATUS_LIKE)
def test_any_json(status, headers, document):
    answer_of(status, headers, json.dumps(document).encode())


@settings(deadline=None)
@given(STATUSES, STATUS_LIKE, STATUS_LIKE)
def test_a_refusal_never_repeats_what_stands_between_the_fields_of_a_secret(status, document, details):
    marked = {**document, "kind": "Status", "message": "CAUGHT IN A SECRET", "details": details}
    assert "CAUGHT" not in answer_of(status, {}, json.dumps(marked).encode())
