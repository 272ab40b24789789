"""Reads app-interface: configuration, data, secrets. Nothing here writes anywhere.

``config`` reads the TOML file, ``client`` asks the GraphQL server with the queries of ``queries/``,
``answers`` has the types of its responses, ``definitions`` translates that into the domain's models. ``secrets`` and
``vault`` read secrets, ``accesses`` turns them into access to clusters. ``bundle`` builds, checks and queries bundles
without a server. Every failure is one of ``errors``.
"""
