"""Reads clusters and applies plans.

``observing`` reads a cluster into its ``cache``. ``watching`` keeps the cache current, by ``streaming`` or by
``relisting`` the ``scopes`` of its LISTs. ``executing`` applies one change, ``running`` loops until the clusters have
converged. Nothing here makes decisions: whenever a cache has changed, the planner computes a new plan. Nothing here
prints; progress is reported as ``events``.
"""
