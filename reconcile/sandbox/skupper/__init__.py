"""Skupper 1.9 without pods: a simulation that uses the Kubernetes API and nothing else.

``simulator.Skupper(clients)`` plays every site-controller, service-controller, router and config-sync on the clusters
of the clients, simulated clusters and real kube-apiservers alike: ``start()`` and ``stop()``, or ``with``. A process
runs while its Deployment exists and has replicas; a change of the pod template restarts it. ``skupper.wire`` is the
network between the routers: ``cut`` and ``restore`` two clusters, ``links`` that are up;
``Skupper(reachable=...)`` says which cluster can open connections to which. ``skupper.log(cluster, namespace)`` is
what the pods log, the only place where Skupper reports failures. ``Skupper(timing=timing.Timing(scale, seed))`` is the
pace; ``clock.ManualClock`` lets two minutes pass at once.
``Skupper(policies=False)`` is for clusters that serve SkupperClusterPolicy and nobody uses it: else sites obey, and all
is denied. The API server's garbage collection removes owned objects. Not simulated: console, claims, gateways, Ingress
objects, NetworkPolicies, resources and placement of pods.
"""
