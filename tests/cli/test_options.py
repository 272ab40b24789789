"""Options that several commands share."""

from pathlib import Path

import click
import pytest

from reconcile.cli.options import Common, Duration, common
from tests.cli.calling import call
from tests.cli.conftest import Fleet

SESSION = ["run", "plan", "status"]


@pytest.mark.parametrize("name", SESSION)
def test_without_a_configuration_the_option_and_the_variable_are_named(name: str) -> None:
    result = call(name)
    assert result.exit_code == 2
    assert "Missing option '--config' (env var: 'QONTRACT_CONFIG')" in result.stderr


@pytest.mark.parametrize("name", SESSION)
def test_a_directory_is_no_configuration(name: str, tmp_path: Path) -> None:
    result = call(name, "--config", str(tmp_path))
    assert (result.exit_code, "is a directory" in result.stderr) == (2, True)


@pytest.mark.parametrize("name", SESSION)
def test_an_unknown_log_level_is_refused_with_those_there_are(name: str) -> None:
    result = call(name, "--log-level", "loud", config=Path("x"))
    assert result.exit_code == 2
    assert all(level in result.stderr.upper() for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))


def test_the_log_level_may_come_from_the_environment() -> None:
    result = call("plan", config=Path("x"), QONTRACT_LOG_LEVEL="loud")
    assert "env var: 'QONTRACT_LOG_LEVEL'" in result.stderr


@pytest.mark.parametrize("number", ["0", "101", "many"])
def test_a_thread_pool_has_one_to_a_hundred_threads(number: str) -> None:
    assert call("plan", "--thread-pool-size", number, config=Path("x")).exit_code == 2


def test_a_log_level_may_be_written_small(linked: Fleet) -> None:
    assert call("plan", "--log-level", "debug", config=linked.config).exit_code == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("1.5m", 90), ("0.5", 0.5), ("0s", 0)],
)
def test_a_span_of_time_is_read(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize(
    "text", ["", "m", "-5m", "5 m", "5d", "1h30m", "1e3", "inf", "nan", "5M", "5m\n", ".5"]
)
def test_what_is_no_span_of_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="write 90s, 5m, 1h or 0"):
        Duration().convert(text, None, None)


def test_a_span_of_time_may_be_a_number() -> None:
    assert Duration().convert(7, None, None) == 7.0


def test_a_request_may_not_be_given_no_time_at_all() -> None:
    result = call("plan", "--request-timeout", "0", config=Path("x"))
    assert result.exit_code == 2
    assert "'0' must be greater than zero" in result.stderr


def test_a_wrong_duration_is_a_wrong_command_line() -> None:
    result = call("run", "--wait", "soon", config=Path("x"))
    assert result.exit_code == 2
    assert "Invalid value for '--wait': 'soon' is not a valid duration" in result.stderr


@pytest.mark.parametrize("name", ["run", "plan"])
def test_the_budget_of_removals_is_not_negative(name: str) -> None:
    assert call(name, "--max-removals", "-1", config=Path("x")).exit_code == 2


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ([], 600),
        (["--wait", "0"], 600),
        (["--wait", "1h"], 4200),
        (["--timeout", "0"], 0),
        (["--timeout", "1m", "--wait", "1h"], 60),
    ],
)
def test_without_a_time_limit_there_is_one_beyond_the_wait(words: list[str], seconds: float) -> None:
    found = []

    @click.command
    @click.option("--wait", type=Duration(), default="0")
    @common
    def command(common: Common, wait: float) -> None:
        found.append(common.timeout)

    command.main(["--config", "x", *words], standalone_mode=False)
    assert found == [seconds]


@pytest.mark.parametrize("written", ["west", "west/", "/vault", "west/vault/x"])
def test_a_site_to_cut_off_is_written_with_its_cluster(written: str) -> None:
    result = call("run", "--cut", written, config=Path("x"))
    assert (result.exit_code, "is not a site; write CLUSTER/NAMESPACE" in result.stderr) == (2, True)
