"""The engine for Skupper v1 (1.9 line): ConfigMap ``skupper-site``, connection tokens, ``skupper-network-status``.

Everything that is peculiar to v1 stays in this package: which objects make a site, what to read from a cluster,
how a link lives, what must be refused. It hands plain changes, link reports and findings to the planner, which
knows nothing of ConfigMaps, as a later engine for v2 resources will.
"""
