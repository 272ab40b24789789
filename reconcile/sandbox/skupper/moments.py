"""Times as Kubernetes objects and Skupper's records write them."""

from datetime import UTC, datetime

from reconcile.sandbox.skupper.names import Json


def read_moment(item: Json) -> float:
    """Return when an object was created, in epoch seconds; 0 if it does not say."""
    text = item["metadata"].get("creationTimestamp")
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def micros(moment: float) -> int:
    """Return epoch seconds as the microseconds of Skupper's records."""
    return int(moment * 1_000_000)


def lock_time(moment: float) -> str:
    """Return epoch seconds as leader election locks write them."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
