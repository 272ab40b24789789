"""The clusters that tests run on: simulated ones, and real kube-apiservers in their place.

A test that takes the fixture ``backend`` runs once on each. ``assets`` finds the programs, ``api_server`` and ``etcd``
run them, ``pool`` lends them to the test processes of a run, ``real`` makes a cluster of a server, ``cloud_stub`` does
on it what a cloud and OpenShift would do.
"""
