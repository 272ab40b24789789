"""The tables of the configuration file that have a meaning of their own, with the rules for their keys."""

import re
from typing import Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from reconcile.http.addresses import is_loopback

_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


class Table(BaseModel):
    """One table; each field's ``description`` is the next step that a fault in it suggests."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Graphql(Table):
    """``[graphql]``: where the data comes from."""

    # Before the server, whose rules depend on it.
    token: SecretStr | None = Field(
        None, description='write token = "Basic ...", as the Authorization header'
    )
    server: str = Field(description='write server = "https://HOST/graphql"')

    @field_validator("token")
    @classmethod
    def _is_header(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(header_value(value.get_secret_value()))

    @field_validator("server")
    @classmethod
    def _is_endpoint(cls, value: str, known: ValidationInfo) -> str:
        address = _web_address(value, credentials=known.data.get("token") is not None)
        if not urlsplit(address).path.endswith("/graphql"):
            raise ValueError("does not end in /graphql, so the addresses beside it cannot be derived")
        return address


class Vault(Table):
    """``[vault]``: where secrets come from if app-interface says so."""

    server: str = Field(description='write server = "https://HOST"')
    role_id: str | None = Field(None, description="write role_id and secret_id as text")
    secret_id: SecretStr | None = Field(None, description="write role_id and secret_id as text")
    kube_auth_role: str | None = Field(None, description="write kube_auth_role and kube_auth_mount as text")
    kube_auth_mount: str | None = Field(None, description="write kube_auth_role and kube_auth_mount as text")

    @field_validator("server")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _web_address(value, credentials=True)

    @model_validator(mode="after")
    def _has_one_login(self) -> Self:
        role = (self.role_id is not None, self.secret_id is not None)
        account = (self.kube_auth_role is not None, self.kube_auth_mount is not None)
        if {role, account} != {(True, True), (False, False)}:
            raise ValueError(
                "needs exactly one way to log in: "
                "role_id with secret_id, or kube_auth_role with kube_auth_mount"
            )
        return self


class Skupper(Table):
    """``[skupper]``: what is ours."""

    instance: str = Field(
        description='write instance = "NAME", a name for this app-interface: at most 63 letters, digits, '
        '"-", "_" or ".", beginning and ending with a letter or digit; never change it while sites exist'
    )

    @field_validator("instance")
    @classmethod
    def _is_label_value(cls, value: str) -> str:
        if not _LABEL_VALUE.fullmatch(value):
            raise ValueError("cannot be the value of a Kubernetes label")
        return value


class Kubernetes(Table):
    """``[kubernetes]``: what all clusters have in common."""

    certificate_authority: str | None = Field(
        None,
        description='write certificate_authority = "FILE", a PEM file; relative paths start at this file',
    )


def header_value(value: str) -> str:
    """Give ``value`` without surrounding spaces.

    Raises ``ValueError``, whose text says where and does not quote the value, if HTTP cannot carry it in a header: a
    control character ends or splits a header, and headers are Latin-1 (RFC 9110, 5.5).
    """
    found = value.strip(" \t")
    if not found:
        raise ValueError("is empty")
    for position, character in enumerate(found, start=1):
        code = ord(character)
        if code < 0x20 or 0x7F <= code < 0xA0:
            kind = "a line end" if character in "\r\n" else "a control character"
        elif code > 0xFF:
            kind = "not in Latin-1, as typographic quotes"
        else:
            continue
        raise ValueError(f"cannot be sent as a header: character {position} is {kind}")
    return found


def _web_address(value: str, *, credentials: bool) -> str:
    """Give ``value`` without trailing slash; reject anything but a plain http(s) address.

    Where ``credentials`` are sent, plain HTTP is for this machine only.
    """
    value = value.strip()
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if "@" in value:
        # Also behind a slash, as in the middle of a password.
        raise ValueError("must not contain a user name or password")
    if not usable or not value.isprintable() or " " in value:
        raise ValueError("is not an http or https address")
    if credentials and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("is plain HTTP to another machine, which would expose our credentials")
    if parts.query or parts.fragment:
        raise ValueError("has a query or fragment after its path")
    return value.rstrip("/")
