"""The table of config keys contradicts itself nowhere."""

from collections import Counter

import pytest

from reconcile.skupper.config_keys import ConfigKey
from reconcile.skupper.v1.keys import KEYS, TABLE

ROWS = {key.name: key for key in TABLE}
SHORT_FORMS = [key for key in TABLE if key.short_for]


def test_no_key_has_two_rows() -> None:
    assert [name for name, times in Counter(key.name for key in TABLE).items() if times > 1] == []


def test_no_two_keys_go_to_the_same_key_of_the_config_map() -> None:
    assert [name for name, times in Counter(key.target for key in KEYS.values()).items() if times > 1] == []


@pytest.mark.parametrize("short", SHORT_FORMS, ids=lambda key: key.name)
def test_a_short_form_has_target_and_effect_of_the_key_that_it_stands_for(short: ConfigKey) -> None:
    meant = KEYS[short.short_for]
    assert (short.target, short.effect) == (meant.target, meant.effect)


def test_types_of_the_same_name_are_the_same() -> None:
    named = [(key.type.definition, key.type) for key in TABLE if key.type.definition]
    assert [name for name, value in named if value != dict(named)[name]] == []


@pytest.mark.parametrize("key", list(ROWS.values()), ids=lambda key: key.name)
def test_every_description_consists_of_whole_sentences(key: ConfigKey) -> None:
    assert key.description[:1].isupper() or key.description.startswith("`")
    assert key.description.endswith(".")
    assert "Default:" not in key.description
