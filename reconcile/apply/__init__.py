"""Reading clusters and carrying plans out: the part that acts.

``observing`` reads a cluster into its ``cache``. ``watching`` keeps that current, by ``streaming`` or by ``relisting``
the ``scopes`` of its LISTs. ``working`` makes changes one by one through ``executing``, ``running`` goes on until what
is declared is true. None of it decides anything: every decision is the planner's, from the current state of the caches
each time something has changed. Nothing here prints; what happens is reported as ``events``.

Threads
=======

One thread owns a run: the one that calls ``Run.execute``. It alone plans, keeps the books of the run (what was tried,
what is given up, how much was removed) and calls the listener, so a listener needs no lock. It sleeps until it is woken
up or a second has passed.

- A reader for each cluster opens its accounts and reads it, then ends. Up to five LISTs of a cluster go on at the same
  time.
- Workers, a fixed number a cluster, make changes: those of one namespace one after another, by one worker at a time.
  They post what happens to a queue and change nothing else of the run. Pools are not shared between clusters, so a
  cluster that hangs holds up no other one.
- Watchers follow a cluster from its LISTs on: a thread a watch, or a few that list in turn.

What threads share: a ``ClusterCache`` a cluster and the tables of the ``Fleet``, each behind a lock of its own that is
never held during a request or while another lock is taken; the queue of the run; and the stop flag. A worker asks the
run before each change whether it may go on, which only reads.

A stop sets the flag: nothing new is started, a change that is under way ends, its result is still noted.
"""
