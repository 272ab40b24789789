"""Simulated Kubernetes and OpenShift clusters: real HTTPS on loopback, many clusters in one process.

How to use it::

    from reconcile.sandbox.kubernetes.accounts import Account, within
    from reconcile.sandbox.kubernetes.cluster import ClusterSpec
    from reconcile.sandbox.kubernetes.controllers import Behaviour
    from reconcile.sandbox.kubernetes.servers import ApiServers

    bot = Account("system:serviceaccount:ci:bot", token="bot-token", rules=(within("vault"),))
    specs = [
        ClusterSpec("public-1", namespaces=("vault",), accounts=(bot,)),
        ClusterSpec("plain-1", openshift=False, behaviour=Behaviour(load_balancers="pending")),
    ]
    with ApiServers(specs) as fleet:                # or fleet.start() ... fleet.stop()
        cluster = fleet["public-1"]
        cluster.url, cluster.token, fleet.ca_file   # how a client reaches it (token: the administrator)
        fleet.write_kubeconfig(path)                # one context per cluster
        cluster.objects(kinds.SECRET, namespace="vault", labels={"a": "b"})   # dicts, without a request
        cluster.find(kinds.SECRET, "name", "vault")                           # dict or None
        cluster.load({"apiVersion": "v1", "kind": "ConfigMap", ...})          # create, without a request
        cluster.remove(kinds.CONFIG_MAP, "name", "vault")
        cluster.revision                            # resourceVersion of the last change
        cluster.counts()                            # reads, writes, dry_runs, watches
        cluster.admit(account)                      # an account with rules=None: those of its Roles
        cluster.stop(), cluster.start()             # connections refused in between; objects and port stay
        cluster.open_watches, cluster.end_watches() # how many; cut them all
        cluster.behave(Behaviour(load_balancers="at once"))   # pending addresses arrive now
        cluster.forget_history()                    # watches from before: 410
        cluster.faults.before.append(hook)          # ``calls.Hook``: delay, reset, lose answers

Every method above may be called from any thread, but not from the event loop, where hooks run. ``ClusterSpec`` lists
what else can differ: no Routes (``openshift=False``), no SkupperClusterPolicy, extra kinds, length of the event
history, delays of controllers, the clock.

It is faithful in status, reason and details of answers, resourceVersions, watches, selectors, paging, all patch
formats, server-side apply with field owners and conflicts, finalizers, background garbage collection, namespaces,
tokens of ServiceAccounts, rights from Roles and bindings with the checks against escalation, and defaults and
validation of the kinds that this project uses. ``tests/sandbox/kubernetes`` plays the same requests to it and to a
kube-apiserver. Not simulated: messages that no client depends on, protobuf, tables (kubectl prints names and ages),
other kinds, other propagation policies than background, exec, logs, built-in ClusterRoles, pods and ReplicaSets, and
the ServiceAccount and ConfigMap that controllers put into every new namespace.

``kmock``, which mocks a Kubernetes API for tests, has neither server-side apply nor garbage collection, preconditions
or rights, which are what is tested here.
"""
