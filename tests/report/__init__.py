"""Tests of reports: plans made by hand, as text and JSON."""
