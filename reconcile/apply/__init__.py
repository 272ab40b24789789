"""Reads clusters and applies plans.

``observing`` reads a cluster into its ``cache``. ``watching`` keeps the cache current, by ``streaming`` or by
``relisting`` the ``scopes`` of its LISTs. ``working`` applies changes one by one through ``executing``, ``running``
loops until the clusters have converged. Nothing here makes decisions: whenever a cache has changed, the planner
computes a new plan. Nothing here prints; progress is reported as ``events``.

Threads
=======

One thread owns a run: the one that calls ``Run.execute``. It alone plans, keeps the state of the run (what was
attempted, what was given up, how much was removed) and calls the listener, so a listener needs no lock. It sleeps until
it is woken up or a second has passed.

- A reader for each cluster opens its accounts, reads it and ends. It sends up to five LISTs in parallel.
- Workers, a fixed number per cluster, apply changes: those of one namespace one after another, by one worker at a time.
  They post results to a queue and change no other state of the run. Pools are not shared between clusters, so a cluster
  that hangs does not delay the others.
- Watchers follow a cluster from its LISTs on: one thread per watch, or a few that repeat the LISTs in turn.

Threads share a ``ClusterCache`` per cluster and the tables of the ``Fleet``, each behind its own lock, which is never
held during a request or while another lock is acquired; the queue of the run; and the stop flag. Before each change a
worker checks whether the run still allows it, which only reads.

A stop sets the flag: nothing new is started, changes in flight finish and their results are recorded.
"""
