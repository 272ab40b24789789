"""Nothing below the directories of a checkout is passed over in silence, and nothing outside of them is read."""

import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from reconcile.app_interface.bundle.building import build
from reconcile.app_interface.bundle.checking import check
from reconcile.app_interface.bundle.files import MAX_SIZE, files
from reconcile.app_interface.bundle.model import Bundle
from reconcile.findings import Severity
from tests.bundle.sources import COMMIT, FIXTURES, SCHEMAS, TIMESTAMP

SECRET = "glrt-do-not-serve-me"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the data of the repository, and a file of the machine beside it."""
    shutil.copytree(FIXTURES, tmp_path / "checkout")
    (tmp_path / "secret.yml").write_text(f"---\n$schema: /x-1.yml\ntoken: {SECRET}\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/token.yml").write_text(SECRET)
    return tmp_path / "checkout"


def made(root: Path) -> Bundle:
    return build(root / "data", root / "resources", SCHEMAS, COMMIT, TIMESTAMP)


def found(root: Path) -> set[tuple[str, str, Severity]]:
    return {(each.datafile, each.rule, each.severity) for each in made(root).faults}


def link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def sock(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_SIZE + 1)


REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a link to nothing": ("x.yml", link("gone.yml"), "broken-link"),
    "a link to nothing whose name has no suffix": ("x", link("gone"), "broken-link"),
    "a link to itself": ("x.yml", link("x.yml"), "broken-link"),
    "a link to a file outside": ("x.yml", link("../../secret.yml"), "link-outside"),
    "a link to a device": ("x.yml", link("/dev/zero"), "link-outside"),
    "a link to a directory outside": ("x", link("../../secrets"), "link-outside"),
    "a link to its own directory": ("x", link("."), "linked-directory"),
    "a link to another directory": ("x", link("services"), "linked-directory"),
    "a link to the files of git": ("x.yml", link(".git/config"), "link-outside"),
    "a FIFO": ("x.yml", os.mkfifo, "not-a-file"),
    "a socket": ("x.yml", sock, "not-a-file"),
    "a large file": ("x.yml", large, "too-large"),
    "a suffix in capitals": ("x.YML", Path.touch, "suffix"),
    "a suffix in mixed letters": ("x.Yaml", Path.touch, "suffix"),
    "a suffix with a space": ("x.json ", Path.touch, "suffix"),
    "a suffix with a line break": ("x.yml\n", Path.touch, "suffix"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_an_error_that_names_it(root: Path, case: str) -> None:
    name, make, rule = REFUSED[case]
    (root / "data/.git").mkdir()
    (root / "data/.git/config").write_text(SECRET)
    make(root / "data" / name)
    bundle = made(root)
    assert found(root) == {(f"/{name}", rule, Severity.ERROR)}
    assert SECRET not in bundle.text
    assert bundle.positions.locate(f"/{name}")[0] == str(root / "data" / name)


@pytest.mark.parametrize("case", sorted(set(REFUSED) - {case for case in REFUSED if "suffix" in case}))
def test_the_same_holds_for_resources(root: Path, case: str) -> None:
    name, make, rule = REFUSED[case]
    (root / "resources/.git").mkdir()
    (root / "resources/.git/config").write_text(SECRET)
    (root / "resources/services").mkdir(exist_ok=True)
    make(root / "resources" / name)
    assert found(root) == {(f"resources/{name}", rule, Severity.ERROR)}
    assert SECRET not in made(root).text


@pytest.mark.parametrize("part", ["data", "resources"])
def test_a_whole_part_that_is_a_link_out_of_the_checkout_is_refused(root: Path, part: str) -> None:
    shutil.rmtree(root / part)
    (root / part).symlink_to("../secrets")
    assert ("link-outside", Severity.ERROR) in {(rule, severity) for _, rule, severity in found(root)}
    assert SECRET not in made(root).text


@pytest.mark.parametrize(
    "name", ["graphql-schemas", "graphql-schemas/schema.yml", "schemas", "schemas/openshift"]
)
def test_links_out_of_the_schemas_are_refused(root: Path, name: str) -> None:
    shutil.copytree(SCHEMAS, root / "schemas")
    (root / "schemas" / name).rename(root.parent / "elsewhere")
    (root / "schemas" / name).symlink_to(root.parent / "elsewhere")
    bundle = build(root / "data", root / "resources", root / "schemas", COMMIT, TIMESTAMP)
    assert "link-outside" in {each.rule for each in bundle.faults}


@pytest.mark.parametrize("name", ["x.yml.txt", "x.yml.j2", "x.yaml1", "vault", "x.toml", ".x.yml", ".old/"])
def test_what_may_be_a_datafile_and_is_not_read_is_a_warning(root: Path, name: str) -> None:
    path = root / "data" / name
    path.mkdir() if name.endswith("/") else path.touch()
    (place, _, severity), *others = found(root)
    assert (place, severity, others) == (f"/{name.rstrip('/')}", Severity.WARNING, [])


@pytest.mark.parametrize(
    "name",
    ["README.md", "OWNERS", "x.yml~", "x.yml.orig", "x.yml.bak", ".x.yml.swp", ".gitkeep", "notes.txt"],
)
def test_notes_and_backups_are_silent(root: Path, name: str) -> None:
    (root / "data" / name).touch()
    assert found(root) == set()


def test_a_link_to_a_file_of_the_same_data_is_read(root: Path) -> None:
    network = next((root / "data").rglob("skupper*/**/*.yml"))
    before = len(made(root).data)
    (root / "data/zz.yml").symlink_to(network)
    assert len(made(root).data) == before + 1


def test_what_the_system_does_not_open_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (entry,) = files(tmp_path / "x")  # no directory, as one that was replaced meanwhile
    assert (entry.path, entry.rule, "Not a directory" in entry.message) == ("/", "unreadable", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_may_not_be_read_is_an_error_and_references_into_it_are_not(root: Path) -> None:
    folder = root / "data/openshift"
    folder.chmod(0)
    try:
        assert found(root) == {("/openshift", "unreadable", Severity.ERROR)}
    finally:
        folder.chmod(stat.S_IRWXU)


def test_references_into_a_linked_directory_are_not_called_dangling(root: Path) -> None:
    (root / "data/openshift").rename(root / "data/clusters")
    (root / "data/openshift").symlink_to("clusters")
    rules = {each.rule for each in check(made(root)) if not each.datafile.startswith("/clusters")}
    assert rules == {"linked-directory"}
