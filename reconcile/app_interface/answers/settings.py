"""The typed answers to ``settings.gql`` and ``integrations.gql``."""

from pydantic import Field

from reconcile.app_interface.answers.model import AnswerModel


class Settings(AnswerModel):
    """``AppInterfaceSettings_v1``."""

    path: str
    vault: bool


class SettingsAnswer(AnswerModel):
    """All settings files; there should be one."""

    app_interface_settings_v1: list[Settings] = Field(alias="app_interface_settings_v1")


class Integration(AnswerModel):
    """``Integration_v1``."""

    path: str
    name: str
    schemas: list[str]


class IntegrationsAnswer(AnswerModel):
    """All integrations."""

    integrations_v1: list[Integration] = Field(alias="integrations_v1")
