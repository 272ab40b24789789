"""Reading clusters and carrying plans out: the part that acts.

``observing`` reads a cluster into its ``cache``. ``watching`` keeps that current, by ``streaming`` or by
``relisting`` the ``scopes`` of its LISTs. ``executing`` makes one change, ``running`` goes on until what is declared
is true. None of it decides anything: every decision is the planner's, made anew from the current picture each time
something has changed. Nothing here prints; what happens is told as ``events``.
"""
