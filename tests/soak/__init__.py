"""A soak: one fleet of 40 sites on 6 clusters lives through hundreds of random events, and converges after each.

``changes_of_data``, ``changes_of_clusters`` and ``disturbed_runs`` fill the table of events: to add one, write one
function there. ``data`` is what is declared, ``fleet`` the clusters and the runs over them, ``invariants`` what must
hold at every moment. ``playing`` draws events and checks the fleet after them.
"""
