"""The runs that are measured do what they are measured for."""

from tests.bench import fleets, runs


def test_a_measured_run_brings_every_link_up() -> None:
    with runs.box(1) as box:
        ran = box.run(apart=fleets.CLUSTERS[-1])
    assert len(ran.links) == 15
    assert all(link.converged for link in ran.links)
    assert 0 < ran.others_up < ran.seconds
    assert 0 < ran.writes < ran.requests.total()
