"""Tests of the command line: real commands against real servers."""
