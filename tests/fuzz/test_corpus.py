"""Inputs that once failed, and healthy ones: replayed without any fuzzer."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
INPUTS = sorted(CORPUS.glob("*/*"))


@pytest.mark.parametrize("file", INPUTS, ids=[f"{file.parent.name}/{file.name}" for file in INPUTS])
def test_an_input_of_the_corpus_does_no_harm(file: Path) -> None:
    TARGETS[file.parent.name](file.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_has_seeds(target: str) -> None:
    assert list((CORPUS / target).iterdir())
