"""The Job that dials, and what its pod says, which may be anything."""

import json
from base64 import b64decode, b64encode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import POD
from reconcile.skupper.certificates import Certificate, read
from reconcile.skupper.diagnosis import probe_answer, probe_job
from reconcile.skupper.diagnosis.facts import Address, Dialled, Reach, RouterPod, Untried
from reconcile.skupper.diagnosis.probe_job import Probe
from reconcile.skupper.live import LiveObject
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from tests.fuzz.bodies import JSON
from tests.skupper.fakes import body, certificate

KEY = SiteKey("b", "net")
ADDRESS = Address("net.a.example.com", 443)
PROBE = Probe(KEY, RouterPod("quay.io/router:1"), {ADDRESS: read(certificate("issuer"))})
LONG = 400
"""Characters that any one reason stays below."""


def pod(state: object) -> LiveObject:
    status = {"containerStatuses": [{"name": "probe", "state": state}]}
    return LiveObject.from_manifest(POD, body(POD, "net", "p", status=status))


def said(message: object) -> Reach | Untried:
    found = probe_answer.answers(PROBE, [pod({"terminated": {"exitCode": 0, "message": message}})], "i")
    assert found
    return found[ADDRESS]


def spec(**router: object) -> dict:
    probe = Probe(KEY, RouterPod("quay.io/router:1", router), PROBE.targets)
    return probe_job.manifest(probe, "j", {"owner": "us"}, "print()")["spec"]


@given(
    JSON | st.text() | st.dictionaries(st.sampled_from(["at", "addresses", "connected", "certificate"]), JSON)
)
def test_whatever_a_pod_says_is_read_and_nothing_of_it_is_long_or_unprintable(value: object) -> None:
    for message in (value, json.dumps(value), json.dumps({"at": 0, "not_resolved": value})):
        found = said(message)
        reason = found.reason if isinstance(found, Untried) else found.not_resolved
        assert reason is None or (reason.isprintable() and len(reason) < LONG)


@given(JSON)
def test_any_state_of_a_pod_is_read(value: object) -> None:
    for shown in (pod(value), pod({"terminated": value}), pod({"waiting": value})):
        probe_answer.answers(PROBE, [shown], "i")
        late = probe_answer.late(PROBE, [shown], "j", 60)[ADDRESS]
        assert isinstance(late, Untried)
        assert late.reason.isprintable()


def test_a_nested_line_and_one_that_is_no_report_are_dropped() -> None:
    found = said("[" * 5000 + "\nnonsense\n7\n" + '{"at": true}\n{"at": 9}')
    assert isinstance(found, Untried)


def test_names_in_place_of_addresses_are_dropped() -> None:
    found = said('{"at": 0, "addresses": ["rm -rf /", "192.0.2.1", 7], "not_connected": "x"}')
    assert isinstance(found, Reach)
    assert found.addresses == ("192.0.2.1",)


def test_another_certificate_is_read_from_its_bytes_whatever_the_pod_calls_it() -> None:
    pem = b64decode(certificate("another", hosts=("*.apps.example.com",)))
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    line = {"at": 0, "addresses": ["192.0.2.1"], "connected": True, "certificate": b64encode(der).decode()}
    found = said(json.dumps({**line, "sha256": PROBE.targets[ADDRESS].fingerprint}))
    assert isinstance(found, Reach)
    assert found.presented
    assert found.presented.fingerprint != PROBE.targets[ADDRESS].fingerprint
    assert found.presented.hosts == ("*.apps.example.com",)


def test_a_certificate_that_had_no_room_has_its_fingerprint() -> None:
    found = said(json.dumps({"at": 0, "addresses": ["192.0.2.1"], "connected": True, "sha256": "0" * 64}))
    assert isinstance(found, Reach)
    assert found.presented == Certificate("0" * 64, fault="it was too long to be reported")


def test_the_pod_has_no_token_no_rights_no_volumes_and_little_of_everything() -> None:
    pod = spec(volumes=[{"secret": {"secretName": "skupper-site-ca"}}], hostNetwork=True)["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert not {"volumes", "hostNetwork"} & pod.keys()
    assert not {"volumeMounts", "env", "envFrom"} & container.keys()
    assert container["resources"].keys() == {"requests", "limits"}
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_pod_runs_where_the_router_does() -> None:
    alike = {
        "serviceAccountName": "skupper-router",
        "tolerations": [{"key": "x"}],
        "nodeSelector": {"a": "b"},
    }
    assert alike.items() <= spec(**alike)["template"]["spec"].items()


def test_the_job_ends_and_goes_by_itself() -> None:
    job = spec()
    assert (job["backoffLimit"], job["activeDeadlineSeconds"], job["ttlSecondsAfterFinished"]) == (0, 90, 60)
    assert job["template"]["spec"]["restartPolicy"] == "Never"


@given(st.text())
def test_no_host_is_taken_for_a_variable_or_for_code(host: str) -> None:
    probe = Probe(KEY, RouterPod("i"), {Address(host, 1): Certificate()})
    (container,) = probe_job.manifest(probe, "j", {}, "print()")["spec"]["template"]["spec"]["containers"]
    *_, program, argument = container["command"]
    assert (program, "$" in argument) == ("print()", False)
    assert json.loads(argument)[0] == [[host, 1, ""]]


def test_many_issuers_are_dialled_by_more_than_one_job() -> None:
    links = {Link(KEY, SiteKey(f"c{n}", "net")): Dialled(Address(f"c{n}", 1)) for n in range(20)}
    found = list(probe_job.probes(links))
    assert [len(probe.targets) for probe in found] == [8, 8, 4]


def test_what_is_known_inside_of_a_cluster_only_is_dialled_from_there_alone() -> None:
    inside = Dialled(Address("skupper-router.net", 55671), inside=True)
    links = {Link(KEY, SiteKey("b", "other")): inside, Link(KEY, SiteKey("c", "net")): inside}
    assert [probe.at for probe in probe_job.probes(links)] == [KEY]
    assert list(probe_job.probes({Link(KEY, SiteKey("c", "net")): inside})) == []
