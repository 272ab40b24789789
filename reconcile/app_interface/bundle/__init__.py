"""Bundles: app-interface data, resources and schemas as one document.

A bundle is what qontract-server loads and what every client pins itself to. This package makes one from the
three directories (``building``), reads one that was made elsewhere (``loading``), answers GraphQL queries
over it as the published server does (``graph``) and finds everything that is wrong with it (``validation``,
``rules``).

Nothing here talks to a network or prints.
"""
