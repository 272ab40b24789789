"""Reads app-interface: configuration, data, secrets. Nothing here writes anywhere.

``config`` reads the TOML file, ``client`` asks the GraphQL server with the queries of ``queries/``,
``answers`` types what it says, ``definitions`` translates that into the domain's models. ``secrets`` and
``vault`` read secrets, ``accesses`` turns them into ways into clusters. ``bundle`` makes, checks and queries
bundles without a server. Every failure is one of ``errors``.
"""
