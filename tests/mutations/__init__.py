"""Mutations: the program broken in one place at a time, so that it shows which tests hold which promise."""
