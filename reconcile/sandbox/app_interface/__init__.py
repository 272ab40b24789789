"""A GraphQL server for app-interface data, with the endpoints and manners of the published qontract-server.

For the sandbox and the tests. ``server.Server`` runs it in a thread; ``shelf`` keeps several bundles side by
side, as clients that pin one need it. Clients written against the published server should not notice.
"""
