"""How each fault is brought about on a stage; `Stage.recover` ends it."""

import asyncio

from tests.faults.stage import Stage
from tests.gate import Asked, Spoil, faults


def refused(stage: Stage) -> None:
    stage.gate.close()


def no_handshake(stage: Stage) -> None:
    stage.gate.swallow()


def black_hole(stage: Stage) -> None:
    stage.gate.vanish()


def latency(stage: Stage) -> None:
    stage.gate.before.append(faults.wait(30))


def expired(stage: Stage) -> None:
    stage.gate.expire()


def other_authority(stage: Stage) -> None:
    stage.gate.use_other_authority()


def other_name(stage: Stage) -> None:
    stage.gate.use_other_name()


def unauthorised(stage: Stage) -> None:
    stage.gate.before.append(faults.refuse(401))


def forbidden_namespace(stage: Stage) -> None:
    stage.gate.before.append(faults.namespace(faults.forbid, stage.side))


def forbidden_reading(stage: Stage) -> None:
    def no_right(asked: Asked) -> bool:
        return asked.namespace in {"", stage.side}

    stage.gate.before.append(faults.only(faults.forbid, where=no_right))


def no_namespace(stage: Stage) -> None:
    def within(asked: Asked) -> bool:
        return asked.namespace == stage.side or (asked.plural, asked.name) == ("namespaces", stage.side)

    missing = faults.refuse(404, message=f'namespaces "{stage.side}" not found')
    stage.gate.before.append(faults.only(missing, where=within))


def conflicts(stage: Stage) -> None:
    stage.gate.before.append(faults.writes(faults.each(1, faults.refuse(409))))


def endless_conflicts(stage: Stage) -> None:
    stage.gate.before.append(faults.writes(faults.refuse(409)))


def history_expired(stage: Stage) -> None:
    stage.gate.before.append(faults.verbs(faults.each(1, faults.expire_watch), "watch"))


def throttled(stage: Stage) -> None:
    stage.gate.before.append(faults.times(12, faults.refuse(429, retry_after=1)))


def endless_throttling(stage: Stage) -> None:
    stage.gate.before.append(faults.refuse(429, retry_after=1))


def failures(stage: Stage) -> None:
    stage.gate.before.append(faults.times(12, faults.refuse(500)))


def endless_failures(stage: Stage) -> None:
    stage.gate.before.append(faults.refuse(500))


def unavailable(stage: Stage) -> None:
    stage.gate.before.append(faults.times(10, faults.refuse(503)))


def reset(stage: Stage) -> None:
    stage.gate.spoil.append(faults.each(1, lambda _: Spoil.RESET))


def endless_resets(stage: Stage) -> None:
    stage.gate.spoil.append(lambda _: Spoil.RESET)


def lost_answers(stage: Stage) -> None:
    stage.gate.after.append(faults.writes(faults.each(1, faults.cut)))


def truncated(stage: Stage) -> None:
    stage.gate.spoil.append(lambda _: Spoil.TRUNCATE)


def broken_chunks(stage: Stage) -> None:
    stage.gate.spoil.append(lambda _: Spoil.BREAK_CHUNKS)


def no_json(stage: Stage) -> None:
    stage.gate.before.append(faults.say("<html><body>Please log in</body></html>"))


def dies(stage: Stage) -> None:
    """While the new site is being made; the order of what happens side by side is settled, for the golden file."""
    dead = asyncio.Event()
    begun: list[Asked] = []

    async def die(asked: Asked) -> None:
        if not asked.write:
            return
        if asked.namespace != stage.side:
            await dead.wait()
        elif begun:
            dead.set()
            await stage.gate.cut()
        begun.append(asked)

    stage.gate.before.append(die)


def no_watches(stage: Stage) -> None:
    def watching(asked: Asked) -> bool:
        return (asked.verb, asked.plural) == ("watch", "configmaps")

    stage.gate.before.append(faults.only(faults.cut, where=watching))
