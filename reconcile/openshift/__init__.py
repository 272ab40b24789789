"""The only room that talks to Kubernetes API servers, and the only one that imports ``kubernetes``.

Objects go in and out as plain JSON dictionaries; the kinds are known (``reconcile.kinds``), so no cluster is
asked for API discovery. One ``client.Client`` serves one cluster and many threads. Every failure is a
``errors.ClusterError`` that names cluster, verb and object.

From the ground up: ``access`` and ``errors`` (words), ``counting``, ``paths`` (URLs), ``messages``, ``tls``,
``faults`` (what a broken connection means), ``connecting`` (the pool), ``outages``, ``transport`` (one exchange),
``retrying``, ``hints`` and ``answers`` (what a reply means), ``listing``, ``watching``, and ``client`` on top.
"""
