"""A GraphQL server for app-interface data that behaves as the published qontract-server, for sandbox and tests."""
