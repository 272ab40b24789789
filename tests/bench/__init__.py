"""Measurements: ``make bench`` prints figures as ratios within one run, so that machines of any speed compare.

Nothing here passes or fails. A change that makes planning slower, links more numerous or requests grow with the fleet
shows in the table before it shows in production.
"""
