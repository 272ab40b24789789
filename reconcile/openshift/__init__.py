"""The only package that talks to Kubernetes API servers, and the only one that imports ``kubernetes``.

Objects are plain JSON dictionaries; the kinds are known (``reconcile.kinds``), so no API discovery is needed. One
``client.Client`` serves one cluster and many threads. Every failure is a ``errors.ClusterError`` that names cluster,
verb and object.

From the lowest layer up: ``access`` and ``errors`` (types), ``paths`` (URLs), ``messages``, ``tls``,
``faults`` (failed connections), ``connecting`` (the pool), ``circuit_breaker``, ``transport`` (one exchange),
``retrying``, ``hints`` and ``answers`` (responses), ``watching``, and ``client`` on top.
"""
