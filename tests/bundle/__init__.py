"""Tests of bundles: reading, making, checking and asking them."""
