"""Everything around the integration, in one process, to try and to test it.

``embedded.Sandbox`` creates it from app-interface data: the GraphQL server that serves the data, a simulated cluster
for each cluster of the data, and Skupper on all of them. Nothing in here is used on real clusters.
"""
