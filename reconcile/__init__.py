"""qontract-skupper: Skupper networks from app-interface data.

The packages, from the lowest layer up (import-linter holds the order, see pyproject.toml):

- ``kinds``, ``findings``: types that every package shares.
- ``skupper``: the domain. Definitions, topology, desired objects, links, plan. Pure: no I/O.
- ``app_interface``: reads data, secrets and configuration; builds and checks bundles.
- ``openshift``: the only package that talks to Kubernetes API servers.
- ``apply``: reads clusters, applies plans.
- ``report``: turns plans, events and states into text.
- ``sandbox``: simulated clusters and servers.
- ``cli``: the commands. The only package that prints.
"""

from importlib.metadata import version

__version__ = version("qontract-skupper")
INTEGRATION = "qontract-skupper"
"""Name under which clusters disable this integration (``disable.integrations``) and objects are managed."""
