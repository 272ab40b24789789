"""The objects that a site consists of, as plain data (``client/router_create.go``). Nothing here talks to a cluster."""
