"""Names of link Secrets: legal for any legal input, and different whenever anything that matters differs."""

import re
from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1.fingerprint import TokenFingerprint, name, stem

KEYS = st.builds(
    SiteKey, st.text(min_size=1, max_size=80), st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
)
GENERATIONS = st.builds(
    TokenFingerprint,
    site_id=st.uuids().map(str),
    ca=st.binary(min_size=32, max_size=32).map(bytes.hex),
    host=st.text(max_size=100),
    port=st.integers(1, 65535).map(str),
)


@given(KEYS, KEYS, GENERATIONS)
def test_a_name_is_a_dns_label_of_at_most_63_characters(
    dialler: SiteKey, issuer: SiteKey, made: TokenFingerprint
):
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name(Link(dialler, issuer), made))


@given(KEYS, KEYS, GENERATIONS)
def test_all_generations_of_a_link_share_its_stem(dialler: SiteKey, issuer: SiteKey, made: TokenFingerprint):
    link = Link(dialler, issuer)
    assert name(link, made).startswith(f"{stem(link)}-")


@given(GENERATIONS, st.sampled_from([field.name for field in fields(TokenFingerprint)]))
def test_every_part_of_a_generation_counts(made: TokenFingerprint, part: str):
    value = getattr(made, part)
    other = replace(made, **{part: value + 1 if isinstance(value, int) else f"{value}x"})
    assert made.digest != other.digest


def test_sites_whose_names_run_together_have_different_links():
    one = Link(SiteKey("c", "n"), SiteKey("a-b", "c"))
    other = Link(SiteKey("c", "n"), SiteKey("a", "b-c"))
    assert stem(one) != stem(other)
