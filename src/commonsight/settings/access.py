"""Who may come in and what may be reached: sign-in, TLS, addresses."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from commonsight.network import Exempt
from commonsight.settings.section import Section

RoleName = Literal["administrator", "operator", "officer", "analyst", "regulator", "maintainer"]
"""A role there is; what each may do stands in `access/roles.toml`."""


class Access(Section):
    """Sessions of people and tokens of programs."""

    session_hours: float = Field(12, gt=0, le=720, description="A session unused this long ends, h", examples=[12])
    login_attempts: int = Field(8, ge=1, le=100, description="Failed logins per name in ten minutes", examples=[8])
    second_factor: list[RoleName] = Field(
        [],
        description="Roles that ask for a code of an authenticator besides the password",
        examples=[["administrator", "officer"]],
    )
    address_rate: int = Field(
        30_000, ge=10, le=10_000_000, description="Requests a minute from one network address", examples=[30_000]
    )
    caller_rate: int = Field(
        6_000, ge=10, le=10_000_000, description="Requests a minute of one session or API token", examples=[6_000]
    )


class OidcRule(Section):
    """What a claim of a provider means here. All rules that match count together."""

    claim: str = Field(min_length=1, description="Claim, dots go into objects", examples=["realm_access.roles"])
    value: str = Field("*", description="Value, or one of the claim's values; `*`: whatever it is")
    roles: list[RoleName] = Field([], description="Roles it gives")
    regions: list[str] = Field([], description="Division-code prefixes it gives", examples=[["4501"]])
    organisation: str | None = Field(None, description="Organisation; `*`: the claim's own value")


class OidcProvider(Section):
    """One identity provider (OpenID Connect) that people may sign in with."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Name in addresses", examples=["city"])
    title: str = Field(max_length=60, description="What the button says", examples=["南宁市统一身份认证"])
    issuer: str = Field(description="Issuer, as its discovery document names it", examples=["https://id.city.example"])
    client_id: str = Field(description="Our name at the provider", examples=["commonsight"])
    client_secret: str | None = Field(None, description="Our secret there; empty: a public client")
    scopes: list[str] = Field(["openid", "profile"], description="Scopes asked for")
    ca_file: Path | None = Field(
        None, description="Certificates to trust besides the system's", examples=["/etc/ca.pem"]
    )
    name_claim: str = Field("preferred_username", description="Claim that becomes the account's name")
    display_claim: str = Field("name", description="Claim that becomes the name people see")
    create: bool = Field(False, description="Make an account at the first sign-in, if a rule gives it a role")
    second_factor: Literal["here", "provider"] = Field(
        "here", description="Who asks for the second factor that `access.second_factor` wants"
    )
    rules: list[OidcRule] = Field([], max_length=200, description="What its claims mean here")

    @field_validator("issuer")
    @classmethod
    def _https(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("an address like https://id.city.example/realm")
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            raise ValueError("https; plain http only on this machine")
        return issuer


class Oidc(Section):
    """Signing in with identity providers of others (OpenID Connect)."""

    providers: list[OidcProvider] = Field([], max_length=16, description="The providers")

    @model_validator(mode="after")
    def _named_apart(self) -> "Oidc":
        names = [provider.name for provider in self.providers]
        if len(set(names)) < len(names):
            raise ValueError(f"providers: two have the same name ({', '.join(names)})")
        return self


class Tls(Section):
    """How browsers reach the page and the media nodes in confidence."""

    certificate: Path | None = Field(
        None, description="Certificate chain, PEM; with it the API and the media nodes speak TLS themselves"
    )
    key: Path | None = Field(None, description="Its private key, PEM, readable for us alone")
    behind_proxy: bool = Field(
        False, description="A proxy of yours ends TLS in front of us and is the only one that reaches us"
    )

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        return self

    @property
    def on(self) -> bool:
        """Whether our own servers speak TLS."""
        return self.certificate is not None


class Network(Section):
    """Addresses that people, devices and other servers name: what may be reached on their word."""

    allow: list[str] = Field(
        [],
        description="Networks, with or without a port, that may be reached although the rule refuses them",
        examples=[["10.20.0.0/16", "127.0.0.1:8554"]],
        max_length=200,
    )

    @field_validator("allow")
    @classmethod
    def _readable(cls, allow: list[str]) -> list[str]:
        for each in allow:
            Exempt.parse(each)
        return allow
