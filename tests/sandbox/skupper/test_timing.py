"""The pace of a simulation."""

import pytest

from reconcile.sandbox.skupper.timing import AT_ONCE, REAL, Duration, Timing


@pytest.mark.parametrize("duration", Duration)
def test_at_scale_1_a_step_takes_as_long_as_with_the_real_programs(duration: Duration) -> None:
    shortest, longest = duration.value

    assert all(shortest <= REAL.draw(duration, number) <= longest for number in range(100))


def test_a_scale_makes_every_step_faster_by_the_same_factor() -> None:
    drawn = REAL.draw(Duration.TOKEN, "link-1")

    assert Timing(0.1).draw(Duration.TOKEN, "link-1") == pytest.approx(drawn / 10)


def test_at_once_nothing_takes_time() -> None:
    assert AT_ONCE.draw(Duration.LINK_RECORD, "link-1") == 0


def test_the_same_seed_draws_the_same_again_whatever_was_drawn_before() -> None:
    first = Timing(seed=7)
    first.draw(Duration.TOKEN, "link-2")

    assert first.draw(Duration.TOKEN, "link-1") == Timing(seed=7).draw(Duration.TOKEN, "link-1")


def test_other_seeds_draw_other_durations() -> None:
    drawn = {Timing(seed=seed).draw(Duration.LINK_RECORD, "link-1") for seed in range(20)}

    assert len(drawn) == 20
