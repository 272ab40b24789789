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
        cluster.changes(kinds.SECRET, since=12)                               # [("ADDED", dict), ...]
        cluster.revision                            # resourceVersion of the last change
        cluster.counts(), cluster.reset_counts()    # reads, writes, dry_runs, watches, by_verb, ...
        cluster.admit(account), cluster.revoke(token)         # an account with rules=None: those of its Roles
        cluster.stop(), cluster.start()             # connections refused in between; objects and port stay
        cluster.open_watches, cluster.end_watches() # how many; cut them all
        cluster.behave(Behaviour(load_balancers="at once"))   # pending addresses arrive now
        cluster.forget_history()                    # watches from before: 410
        cluster.faults.before.append(hook)          # ``faults``: answer instead, delay, reset, lose answers
        cluster.faults.clear()

Every method above may be called from any thread (never from the event loop itself, where hooks run). ``ClusterSpec``
says what else can differ: no Routes and Projects (``openshift=False``), no SkupperClusterPolicy, extra kinds, length
of the event history, delays of controllers, the clock.

What it is faithful in: status codes, texts and bodies of refusals, resourceVersions, watches, selectors, paging,
all patch formats, server-side apply with owners and conflicts, finalizers, garbage collection, namespaces, tokens of
ServiceAccounts, rights from Roles and bindings with the checks against escalation (for ServiceAccounts, and accounts
with ``rules=None``; others have rules of their own), defaults and validation of the kinds that this project uses,
tables and discovery for kubectl. What it refuses: protobuf bodies other than kubectl's simplest, other kinds, exec,
logs, proxies, ClusterRoles that a server brings along and their aggregation, pods and ReplicaSets of Deployments, and
the ServiceAccount and ConfigMap that controllers put into every new namespace.
``tests/sandbox/kubernetes/conversation.py`` was held with a kube-apiserver 1.20 too; where later versions differ from
it, the later behaviour is simulated.

Why not a library: ``kmock``, which mocks a Kubernetes API for tests, keeps objects and serves watches, but has neither
server-side apply nor garbage collection, preconditions or rights, and exactly those are what is tried out here.
"""
