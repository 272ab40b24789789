"""What `make` installs is pinned with hashes, and the pins hold all that ``pyproject.toml`` names."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILES = sorted(path.name for path in ROOT.glob("constraints*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(file: str) -> dict[str, str]:
    """Name -> all that a file says about it."""
    entries = (ROOT / file).read_text().replace("\\\n", " ").splitlines()
    return {canonicalize_name(entry.partition("==")[0]): entry for entry in entries}


def named(*extras: str) -> list[Requirement]:
    listed = [*PROJECT["dependencies"], *(one for e in extras for one in PROJECT["optional-dependencies"][e])]
    return [found for found in map(Requirement, listed) if found.name != PROJECT["name"]]


@pytest.mark.parametrize("file", FILES)
def test_every_pin_is_one_version_with_hashes_and_nothing_else(file: str):
    without = {name: entry for name, entry in pins(file).items() if not HASH.search(entry)}
    assert without == {}
    plain = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ; [^\\]+?)?( +" + HASH.pattern + ")+")
    assert [entry for entry in pins(file).values() if not plain.fullmatch(entry)] == []


@pytest.mark.parametrize(
    ("file", "requirements"),
    [
        ("constraints.txt", named("sandbox", "dev")),
        ("constraints-fuzz.txt", [Requirement(one) for one in PROJECT["optional-dependencies"]["fuzz"]]),
    ],
    ids=["constraints.txt", "constraints-fuzz.txt"],
)
def test_all_that_the_project_names_is_pinned_in_a_version_that_it_allows(file, requirements):
    pinned = pins(file)
    for wanted in requirements:
        version = pinned[canonicalize_name(wanted.name)].partition("==")[2].split()[0]
        assert version in wanted.specifier, wanted
