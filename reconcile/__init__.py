"""qontract-skupper: Skupper networks from app-interface data.

The rooms, from the ground up (import-linter holds the order, see pyproject.toml):

- ``kinds``, ``findings``: words that every room shares.
- ``skupper``: the domain. Definitions, topology, desired objects, link life, plan. Pure: no I/O.
- ``app_interface``: reads data, secrets and configuration; builds and checks bundles.
- ``openshift``: the only room that talks to Kubernetes API servers.
- ``apply``: observes clusters, executes plans.
- ``report``: turns plans, events and states into text.
- ``sandbox``: servers and simulators to try everything without a cluster.
- ``cli``: the commands. The only room that prints.
"""

from importlib.metadata import version

__version__ = version("qontract-skupper")
INTEGRATION = "qontract-skupper"
"""Name under which clusters disable this integration (``disable.integrations``) and objects are managed."""
