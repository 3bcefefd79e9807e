"""OpenID Connect without input or output: what a provider's claims mean here, and the small proofs of the flow."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from commonsight.access.model import NAME, REGION, ROLE_NAMES
from commonsight.problem import Refusal
from commonsight.settings import OidcProvider

VALUES_MOST: Final = 500
"""Values of one claim that are looked at."""
RETURN_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a provider's claims give a person here."""

    roles: tuple[str, ...]
    regions: tuple[str, ...]
    organisation: str


def values_of(claims: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """The values of a claim as text; dots go into objects, but a claim that has the dots in its name comes first."""
    found: Any = claims.get(path)
    if found is None and "." in path:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str | int | float) and not isinstance(found, bool):
        return (str(found),)
    if isinstance(found, bool):
        return ("true" if found else "false",)
    if isinstance(found, list | tuple):
        return tuple(str(each) for each in found[:VALUES_MOST] if isinstance(each, str | int))
    return ()


def meaning(provider: OidcProvider, claims: Mapping[str, Any]) -> Meaning:
    """What the provider's rules make of these claims: roles and regions of all rules that match, the organisation of
    the first that names one."""
    roles: set[str] = set()
    regions: set[str] = set()
    organisation = ""
    for rule in provider.rules:
        matched = [each for each in values_of(claims, rule.claim) if rule.value in ("*", each)]
        if not matched:
            continue
        roles.update(rule.roles)
        for region in rule.regions:
            regions.update(_regions(matched) if region == "*" else (region,))
        if rule.organisation is not None and not organisation:
            organisation = matched[0] if rule.organisation == "*" else rule.organisation
    return Meaning(
        tuple(role for role in ROLE_NAMES if role in roles), _outermost(regions), " ".join(organisation.split())[:120]
    )


def account_name(provider: OidcProvider, claims: Mapping[str, Any]) -> str:
    """The name of the account to make.

    Raises:
        Refusal: `access.oidc_name` (403) when the claim is missing or holds no name of ours.
    """
    said = "".join(values_of(claims, provider.name_claim)[:1]).strip().lower()
    if not NAME.fullmatch(said):
        raise Refusal(
            "access.oidc_name",
            status=403,
            rule=NAME.pattern,
            operand=provider.name_claim,
            actual=said[:60] or None,
            title=provider.title,
        )
    return said


def display_name(provider: OidcProvider, claims: Mapping[str, Any]) -> str:
    """The name people see; "" when the provider tells none."""
    return " ".join("".join(values_of(claims, provider.display_claim)[:1]).split())[:80]


def safe_return(path: str | None) -> str:
    """Where to go after signing in: a path of our own page, whatever was asked for."""
    if (
        not path
        or len(path) > RETURN_LONGEST
        or not path.startswith("/")
        or path.startswith(("//", "/\\", "/api/"))
        or any(ord(each) < 0x21 or each in "\\\x7f" for each in path)
    ):
        return "/"
    return path


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _regions(values: Iterable[str]) -> Iterable[str]:
    return (value for value in values if REGION.fullmatch(value))


def _outermost(regions: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for code in sorted(each for each in regions if REGION.fullmatch(each)):
        if not kept or not code.startswith(kept[-1]):
            kept.append(code)
    return tuple(kept)
