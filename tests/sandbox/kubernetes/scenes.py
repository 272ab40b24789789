"""All scenes that are played to both servers."""

from tests.sandbox.kubernetes import conversation, every_verb
from tests.sandbox.kubernetes.conversation import Step

SCENES: dict[str, tuple[Step, ...]] = {**conversation.SCENES, **every_verb.SCENES}
