"""``bundle``: every fault reported with file, line and rule; the bundle written atomically."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from reconcile.app_interface.bundle import loading
from tests.bundle.sources import FIXTURES, INVALID, SCHEMAS, from_fixtures
from tests.cli.calling import call

SETS = sorted(path.name for path in INVALID.iterdir() if path.is_dir())


def overlaid(folder: Path, *names: str) -> Path:
    """The fixtures with invalid sets laid over them."""
    source = folder / "app-interface"
    shutil.copytree(FIXTURES, source)
    for name in names:
        shutil.copytree(INVALID / name / "data", source / "data", dirs_exist_ok=True)
    return source


def checked(source: Path, *words: str) -> Result:
    return call("bundle", str(source), "--schemas", str(SCHEMAS), *words)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A bundle file of the fixtures."""
    file = tmp_path / "made.json"
    file.write_text(from_fixtures().text)
    return file


def test_good_data_has_no_faults() -> None:
    result = call("bundle", str(FIXTURES))
    assert (result.exit_code, result.output) == (0, "45 datafiles, 1 resource: no faults\n")


@pytest.mark.sampled(10, "tests/bundle/test_invalid_data.py finds every one; here it is printed")
@pytest.mark.parametrize("name", SETS)
def test_a_fault_is_reported_with_file_line_and_rule(name: str, tmp_path: Path) -> None:
    expected = yaml.safe_load((INVALID / name / "expected.yml").read_text())
    source = overlaid(tmp_path, name)
    result = checked(source)
    severity = expected.get("severity", "error")
    reported, *last = result.stderr.splitlines()
    assert reported.startswith(f"{source}/data/{expected['file']}:{expected['line']}: {severity}: ")
    assert f"[{expected['rule']}]" in reported
    assert expected["text"] in reported
    if severity == "error":
        assert (result.exit_code, result.stdout, last) == (1, "", [f"Error: 1 fault in {source}"])
    else:
        assert (result.exit_code, last) == (0, [])


def test_several_faults_are_reported_at_once_and_counted(tmp_path: Path) -> None:
    source = overlaid(tmp_path, "no-redundancy", "bad-duration", "empty-file")
    assert checked(source).stderr.splitlines()[-1] == f"Error: 3 faults in {source}"


def test_an_approval_that_has_expired_is_a_warning(tmp_path: Path) -> None:
    source = overlaid(tmp_path, "approval-until-no-day")
    file = source / "data/dependencies/skupper/vault.yml"
    file.write_text(file.read_text().replace("2026-02-30", "2026-02-28"))
    result = checked(source)
    assert result.exit_code == 0
    assert result.stderr.startswith(
        f"{file}:14: warning: the approval to remove appsres03ue1/skupper-vault expired"
    )


@pytest.mark.parametrize(("words", "printed", "note"), [((), 100, True), (("--all",), 150, False)])
def test_of_many_faults_the_first_hundred_are_printed_and_all_are_counted(
    words: tuple[str, ...], printed: int, note: bool, tmp_path: Path
) -> None:
    source = overlaid(tmp_path)
    with next((source / "data/products").rglob("*.yml")).open("a") as file:
        file.write("".join(f"unknown{n}: 1\n" for n in range(150)))
    lines = checked(source, *words).stderr.splitlines()
    assert sum("[unknown-key]" in line for line in lines) == printed
    assert ("50 more findings not shown; to print all, add --all" in lines) is note
    assert lines[-1] == f"Error: 150 faults in {source}"


def test_data_with_faults_is_not_written(tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"
    result = checked(overlaid(tmp_path, "bad-cpu"), "-o", str(output))
    assert result.stderr.endswith(f"; {output} is not written\n")
    assert not output.exists()


def test_a_bundle_that_was_written_loads_again(tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"
    assert checked(FIXTURES, "-o", str(output)).exit_code == 0
    assert loading.load(output.read_text()).data.keys() == from_fixtures().data.keys()


def test_a_bundle_that_was_written_has_no_faults(tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"
    checked(FIXTURES, "-o", str(output))
    assert call("bundle", str(output)).output == "45 datafiles, 1 resource: no faults\n"


def test_a_bundle_is_replaced_as_a_whole(tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"
    output.write_text("before")
    with output.open() as reader:
        assert checked(FIXTURES, "-o", str(output)).exit_code == 0
        assert reader.read() == "before"
    assert output.read_text().startswith("{")


def test_nothing_but_the_bundle_is_left_behind(tmp_path: Path) -> None:
    checked(FIXTURES, "-o", str(tmp_path / "bundle.json"))
    assert [file.name for file in tmp_path.iterdir()] == ["bundle.json"]


def test_a_link_to_a_bundle_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    assert checked(FIXTURES, "-o", str(tmp_path / "link.json")).exit_code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "target.json").is_file()


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path, made: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    assert call("bundle", str(made), "-o", str(pipe)).exit_code == 0
    reader.join(timeout=10)
    assert pipe.is_fifo()
    assert read == [made.read_text()]


def test_a_dash_writes_the_bundle_and_nothing_else_to_stdout(made: Path) -> None:
    assert call("bundle", str(made), "-o", "-").stdout == made.read_text()


def missing_folder(folder: Path) -> Path:
    return folder / "none" / "bundle.json"


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "bundle.json"


def name_too_long(folder: Path) -> Path:
    return folder / ("x" * 255)


@pytest.mark.parametrize("place", [missing_folder, below_a_file, name_too_long])
def test_a_place_that_cannot_be_written_is_named(
    place: Callable[[Path], Path], tmp_path: Path, made: Path
) -> None:
    output = place(tmp_path)
    result = call("bundle", str(made), "-o", str(output))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {output}: cannot be written: ")


def test_what_was_there_stays_if_writing_fails(tmp_path: Path, made: Path) -> None:
    output = tmp_path / "bundle.json"
    output.write_text("before")
    (tmp_path / ".bundle.json.draft").mkdir()
    result = call("bundle", str(made), "-o", str(output))
    assert (result.exit_code, output.read_text()) == (1, "before")
    assert result.stderr.endswith("; nothing was changed there\n")


def test_a_directory_is_no_output(tmp_path: Path, made: Path) -> None:
    assert call("bundle", str(made), "-o", str(tmp_path)).exit_code == 2


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A bundle made elsewhere: indented, with a schema and a datafile that are not ours."""
    content = json.loads(from_fixtures().text)
    schema = {
        "$schema": "/metaschema-1.json",
        "version": "1.0",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string", "enum": ["/other/thing-1.yml"]},
            "name": {"type": "string"},
        },
    }
    content["schemas"]["/other/thing-1.yml"] = schema
    content["data"]["/other/thing.yml"] = {"$schema": "/other/thing-1.yml", "name": "Zoë"}
    file = tmp_path / "foreign.json"
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return file


def test_a_bundle_made_elsewhere_with_more_in_it_has_no_faults(foreign: Path) -> None:
    assert call("bundle", str(foreign)).output == "46 datafiles, 1 resource: no faults\n"


def test_a_bundle_made_elsewhere_is_written_byte_for_byte(foreign: Path, tmp_path: Path) -> None:
    call("bundle", str(foreign), "-o", str(tmp_path / "again.json"))
    assert (tmp_path / "again.json").read_bytes() == foreign.read_bytes()


def test_a_fault_in_a_bundle_made_elsewhere_is_reported_with_its_datafile(foreign: Path) -> None:
    content = json.loads(foreign.read_text())
    content["data"]["/dependencies/skupper/vault.yml"]["identifier"] = "Vault"
    foreign.write_text(json.dumps(content))
    result = call("bundle", str(foreign))
    assert result.exit_code == 1
    assert result.stderr.startswith("/dependencies/skupper/vault.yml: error: 'Vault' ")


@pytest.mark.parametrize("text", ["", "---\na: b\n", "[]", "{}", '{"data": {}}', "\udcff"])
def test_what_is_no_bundle_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(text.encode(errors="surrogateescape"))
    result = call("bundle", str(file))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {file}: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_directory_without_data_is_refused(tmp_path: Path) -> None:
    result = checked(tmp_path)
    assert result.exit_code == 1
    assert "SOURCE is a directory with data and resources, or a bundle" in result.stderr


def test_data_without_schemas_near_it_is_checked_against_those_of_the_program(tmp_path: Path) -> None:
    result = call("bundle", str(overlaid(tmp_path, "bad-quantity")))
    assert result.exit_code == 1
    assert "'128mb' is not an amount of memory" in result.stderr


def test_schemas_near_the_data_come_before_those_of_the_program(tmp_path: Path) -> None:
    source = overlaid(tmp_path)
    shutil.copytree(SCHEMAS, source / "schemas")
    (source / "schemas" / "schemas" / "dependencies" / "skupper-policy-1.yml").unlink()
    assert "skupper-policy-1.yml" in call("bundle", str(source)).stderr


def test_a_source_that_is_not_there_is_a_wrong_command_line(tmp_path: Path) -> None:
    assert call("bundle", str(tmp_path / "none")).exit_code == 2


def commit_of(output: Path) -> tuple[str, str]:
    content = json.loads(output.read_text())
    return content["git_commit"], content["git_commit_timestamp"]


def test_the_commit_may_be_given(tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"
    checked(FIXTURES, "--git-commit", "c0ffee", "--git-commit-timestamp", "17", "-o", str(output))
    assert commit_of(output) == ("c0ffee", "17")


def test_the_commit_is_that_of_the_checkout(tmp_path: Path) -> None:
    source = overlaid(tmp_path)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "data", "--no-gpg-sign")):
        subprocess.run(["git", "-C", str(source), *words], check=True, capture_output=True)
    reported = subprocess.run(
        ["git", "-C", str(source), "log", "-1", "--format=%H %ct"], check=True, capture_output=True, text=True
    ).stdout
    checked(source, "-o", str(tmp_path / "bundle.json"))
    assert commit_of(tmp_path / "bundle.json") == tuple(reported.split())


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    output = tmp_path / "bundle.json"
    assert checked(FIXTURES, "-o", str(output)).exit_code == 0
    assert commit_of(output)[0] == ""
