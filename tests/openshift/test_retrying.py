"""What is tried again, how often, and how long the pauses are."""

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.openshift import errors
from reconcile.openshift.access import Retries

from .loopback import closed_port, fails, listing, sends, serving

GOOD = sends(listing("a"))
BODY = {"metadata": {"name": "skupper-site", "namespace": "vault"}}


def test_a_reset_connection_is_tried_again(connect, pauses):
    with serving(lambda visit: visit.reset(), GOOD) as server:
        client = connect(server.url)
        assert len(client.list(CONFIG_MAP).items) == 1
    assert (client.counts.retries, len(pauses)) == (1, 1)


def test_an_answer_that_breaks_off_is_tried_again(connect):
    def half(visit):
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        visit.reset()

    with serving(half, half, GOOD) as server:
        assert len(connect(server.url).list(CONFIG_MAP).items) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_burst_of_server_faults_is_sat_out(connect, status):
    with serving(fails(status), fails(status), fails(status), GOOD) as server:
        client = connect(server.url)
        assert len(client.list(CONFIG_MAP).items) == 1
    assert (client.counts.reads, client.counts.retries) == (1, 3)


def test_a_fault_that_stays_is_raised_after_four_attempts(connect):
    with serving(fails(503, "ServiceUnavailable", "etcd is away")) as server:
        with pytest.raises(errors.ServerFault, match="etcd is away"):
            connect(server.url).list(CONFIG_MAP)
        assert len(server.visits) == 4


def test_a_refused_connection_is_tried_four_times(connect, pauses):
    client = connect(f"https://127.0.0.1:{closed_port()}")
    with pytest.raises(errors.Unreachable):
        client.list(CONFIG_MAP)
    assert (client.counts.retries, len(pauses)) == (3, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 415, 422])
def test_a_refusal_is_final(connect, status):
    with serving(fails(status), GOOD) as server:
        with pytest.raises(errors.ClusterError):
            connect(server.url).create(CONFIG_MAP, BODY)
        assert len(server.visits) == 1


def test_pauses_double_with_jitter(connect, pauses):
    with serving(fails(500)) as server, pytest.raises(errors.ServerFault):
        connect(server.url, retries=Retries(attempts=5, base=1.0, cap=60)).list(CONFIG_MAP)
    wholes = [1, 2, 4, 8]
    assert all(whole / 2 <= pause <= whole for pause, whole in zip(pauses, wholes, strict=True))


def test_pauses_have_a_cap(connect, pauses):
    with serving(fails(500)) as server, pytest.raises(errors.ServerFault):
        connect(server.url, retries=Retries(attempts=6, base=1.0, cap=1.5)).list(CONFIG_MAP)
    assert max(pauses) == 1.5


def test_the_server_may_ask_for_a_longer_pause(connect, pauses):
    with serving(fails(429, Retry_After="3"), GOOD) as server:
        connect(server.url).list(CONFIG_MAP)
    assert pauses == [3.0]


def test_the_server_may_not_ask_for_any_pause(connect, pauses):
    with serving(fails(429, Retry_After="86400"), GOOD) as server:
        connect(server.url).list(CONFIG_MAP)
    assert pauses == [5.0]


@pytest.mark.parametrize("asked", ["soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_strange_wish_for_a_pause_is_ignored(connect, pauses, asked):
    with serving(fails(429, Retry_After=asked), GOOD) as server:
        connect(server.url).list(CONFIG_MAP)
    assert pauses[0] <= 0.2


def test_a_create_whose_answer_was_lost_may_meet_itself(connect):
    with serving(lambda visit: visit.reset(), fails(409, "AlreadyExists")) as server:
        client = connect(server.url)
        with pytest.raises(errors.AlreadyExists):
            client.create(CONFIG_MAP, BODY)
    assert (client.counts.writes, client.counts.retries) == (1, 1)


def test_one_attempt_means_no_other(connect, pauses):
    with serving(fails(500), GOOD) as server:
        with pytest.raises(errors.ServerFault):
            connect(server.url, retries=Retries(attempts=1)).list(CONFIG_MAP)
        assert (len(server.visits), pauses) == (1, [])


CONFLICT = fails(409, "Conflict", "the object has been modified")


def test_a_write_that_met_another_one_is_tried_again(connect):
    with serving(CONFLICT, sends({"kind": "ConfigMap", **BODY})) as server:
        connect(server.url).apply(CONFIG_MAP, BODY)
        assert len(server.visits) == 2


def test_a_write_that_always_meets_another_one_is_refused_in_the_end(connect):
    with serving(CONFLICT) as server:
        with pytest.raises(errors.Conflict):
            connect(server.url).apply(CONFIG_MAP, BODY)
        assert len(server.visits) == 4


@pytest.mark.parametrize(
    "message",
    [
        "Precondition failed: UID in precondition: 1, UID in object meta: 2",
        'Apply failed with 1 conflict: conflict with "kubectl": .data.a',
        'Apply failed with 2 conflicts: conflicts with "kubectl":\n- .data.a\n- .data.b',
    ],
)
def test_a_conflict_that_waiting_does_not_solve_is_final(connect, message):
    with serving(fails(409, "Conflict", message)) as server:
        with pytest.raises(errors.Conflict):
            connect(server.url).apply(CONFIG_MAP, BODY)
        assert len(server.visits) == 1


def test_a_replacement_of_what_has_changed_is_final(connect):
    with serving(CONFLICT) as server:
        with pytest.raises(errors.Conflict):
            connect(server.url).replace(CONFIG_MAP, BODY)
        assert len(server.visits) == 1
