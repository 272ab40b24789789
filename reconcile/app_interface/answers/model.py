"""What all typed answers have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class AnswerModel(BaseModel):
    """Part of an answer. Strict, since the server has types of its own: a mismatch is another schema."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True, strict=True
    )
