"""Retries after transient faults, with a pause that doubles.

For the few servers that a run reads from one after the other; the cluster layer has its own loop.
``sretoolbox.utils.retry`` has neither a limit on the time that all attempts take nor a clock that a test can pass in.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from reconcile.openshift.access import Retries

Answer = TypeVar("Answer")

DEFAULT_RETRIES = Retries(attempts=5, base=0.5, cap=15.0)
"""Waits 0.5, 1, 2 and 4 s: a server that restarts is back by then. One that asks for more gets up to 15 s each
time. One that stays silent costs little more than a minute."""


def retry(
    attempt: Callable[[], Answer],
    *,
    passes: Callable[[Exception], bool],
    retries: Retries,
    sleep: Callable[[float], None],
    asked: Callable[[Exception], float] = lambda _: 0.0,
) -> Answer:
    """Call ``attempt`` until it succeeds, fails permanently, or the attempts are used up.

    The last failure is raised as it is. Pauses have no jitter: one process asks one server.

    Args:
        attempt: what to do; repeating it must do no harm.
        passes: whether a failure is transient.
        retries: how often, how soon and until when.
        sleep: waits for a number of seconds.
        asked: seconds that the server asked to wait after a failure.
    """
    began = time.monotonic()
    for round_ in range(retries.attempts - 1):
        try:
            return attempt()
        except Exception as error:
            if not passes(error) or time.monotonic() - began >= retries.within:
                raise
            sleep(min(retries.cap, max(retries.base * 2**round_, asked(error))))
    return attempt()
