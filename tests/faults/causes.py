"""How each fault is brought about on a stage; `Scenario.recover` ends it."""

import asyncio
import json

from tests.fault_proxy import Asked, Spoil, faults
from tests.faults.scenario import Scenario


def refused(scenario: Scenario) -> None:
    scenario.proxy.close()


def no_handshake(scenario: Scenario) -> None:
    scenario.proxy.swallow()


def black_hole(scenario: Scenario) -> None:
    scenario.proxy.vanish()


def latency(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.wait(30))


def expired(scenario: Scenario) -> None:
    scenario.proxy.expire()


def other_authority(scenario: Scenario) -> None:
    scenario.proxy.use_other_authority()


def other_name(scenario: Scenario) -> None:
    scenario.proxy.use_other_name()


def unauthorised(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.refuse(401))


def forbidden_namespace(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.namespace(faults.forbid, scenario.side))


def forbidden_reading(scenario: Scenario) -> None:
    def no_right(asked: Asked) -> bool:
        return asked.namespace in {"", scenario.side}

    scenario.proxy.before.append(faults.only(faults.forbid, where=no_right))


def no_namespace(scenario: Scenario) -> None:
    def within(asked: Asked) -> bool:
        return asked.namespace == scenario.side or (asked.plural, asked.name) == ("namespaces", scenario.side)

    missing = faults.refuse(404, message=f'namespaces "{scenario.side}" not found')
    scenario.proxy.before.append(faults.only(missing, where=within))


def conflicts(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.writes(faults.each(1, faults.refuse(409))))


def endless_conflicts(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.writes(faults.refuse(409)))


def history_expired(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.verbs(faults.each(1, faults.expire_watch), "watch"))


def throttled(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.times(12, faults.refuse(429, retry_after=1)))


def endless_throttling(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.refuse(429, retry_after=1))


def failures(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.times(12, faults.refuse(500)))


def endless_failures(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.refuse(500))


def unavailable(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.times(10, faults.refuse(503)))


def reset(scenario: Scenario) -> None:
    scenario.proxy.spoil.append(faults.each(1, lambda _: Spoil.RESET))


def endless_resets(scenario: Scenario) -> None:
    scenario.proxy.spoil.append(lambda _: Spoil.RESET)


def lost_answers(scenario: Scenario) -> None:
    scenario.proxy.after.append(faults.writes(faults.each(1, faults.cut)))


def truncated(scenario: Scenario) -> None:
    scenario.proxy.spoil.append(lambda _: Spoil.TRUNCATE)


def broken_chunks(scenario: Scenario) -> None:
    scenario.proxy.spoil.append(lambda _: Spoil.BREAK_CHUNKS)


def no_json(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.say("<html><body>Please log in</body></html>"))


def large_answers(scenario: Scenario) -> None:
    scenario.proxy.before.append(faults.flood)


def endless_lists(scenario: Scenario) -> None:
    document = {"kind": "List", "metadata": {"resourceVersion": "1", "continue": "more"}, "items": []}
    page = faults.say(json.dumps(document), content_type="application/json")
    scenario.proxy.before.append(faults.verbs(page, "list"))


def dies(scenario: Scenario) -> None:
    """While the new site is being made; the order of concurrent changes is fixed, for the golden file."""
    dead = asyncio.Event()
    begun: list[Asked] = []

    async def die(asked: Asked) -> None:
        if not asked.write:
            return
        if asked.namespace != scenario.side:
            await dead.wait()
        elif begun:
            dead.set()
            await scenario.proxy.cut()
        begun.append(asked)

    scenario.proxy.before.append(die)


def no_watches(scenario: Scenario) -> None:
    def watching(asked: Asked) -> bool:
        return (asked.verb, asked.plural) == ("watch", "configmaps")

    scenario.proxy.before.append(faults.only(faults.cut, where=watching))
