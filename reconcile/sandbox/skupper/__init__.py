"""Skupper 1.9 without pods: a simulation that speaks the Kubernetes API, and nothing but that.

``simulator.Skupper(clients)`` plays every site-controller, service-controller, router and config-sync on the clusters
it is given a client of, simulated clusters and real kube-apiservers alike. ``start()``, ``stop()``, or ``with``.
A process lives while its Deployment does (``skupper-site-controller``, ``skupper-service-controller``,
``skupper-router``); restarting it means changing the pod template or making the Deployment anew.
``skupper.wire`` is the network between the routers: ``cut``/``restore`` two clusters, ``stop_router``/``start_router``
one site, ``links`` that are up; ``wire.Wire(reachable=...)`` says which cluster can open connections to which.
``skupper.log(cluster, namespace)`` is what the pods would have logged, the only place where Skupper reports failures.
``clock.ManualClock`` lets two minutes pass at once. Removing owned objects is the API server's garbage collection.
Not simulated: claims, services, gateways, policies, headless proxies.
"""
