"""The clusters that tests run on: simulated ones, and real kube-apiservers of the same manners.

A test that takes the fixture ``backend`` runs once on each. ``assets`` finds the programs, ``control_plane`` runs them,
``real`` makes a cluster of a server, ``tending`` does on it what a cloud and OpenShift would do.
"""
