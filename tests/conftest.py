"""What all tests share: how hard hypothesis searches, and a fixed way to look at output."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "project", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", parent=settings.get_profile("project"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
