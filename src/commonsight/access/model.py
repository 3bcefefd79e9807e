"""Who may do what: roles as data, scopes as division-code prefixes, and the rules of names, passwords and tokens."""

import hashlib
import re
import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args
from uuid import UUID

from commonsight.problem import Refusal
from commonsight.settings.access import RoleName

ROLE_NAMES: Final[tuple[str, ...]] = get_args(RoleName)

OWN: Final = frozenset({"me.read", "me.write", "me.password", "me.factor"})
"""What every person may do with their own account, in whatever role."""

BEFORE_CHANGE: Final = frozenset({"me.read", "me.password"})
"""All that a person with a one-time password may do until it is changed."""

BEFORE_FACTOR: Final = frozenset({"me.read", "me.password", "me.factor"})
"""All that a person may do who still owes a second factor: set it up, or give its code."""

NEVER_BY_TOKEN: Final = frozenset({"me.write", "me.password", "me.factor", "tokens.own", "people.write"})
"""A token cannot make people, passwords or further tokens: what leaks must not be able to spread."""

TOKEN_PREFIX: Final = "cst_"  # noqa: S105 - a public mark, so that leaked tokens can be searched for
TOKENS_MOST: Final = 20
TOKEN_DAYS_MOST: Final = 366

SESSION_LONGEST: Final = timedelta(days=30)
"""A session ends after this even when it is used every day."""

PASSWORD_SHORTEST, PASSWORD_LONGEST = 10, 200
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
REGION: Final = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?")
"""A division code prefix: province, city, county, town, village."""


@dataclass(frozen=True, slots=True)
class Role:
    """A named bundle of permissions."""

    code: str
    zh: str
    en: str
    permissions: frozenset[str]


@cache
def _sheet() -> tuple[dict[str, dict[str, str]], dict[str, Role]]:
    sheet = tomllib.loads((files("commonsight.access") / "roles.toml").read_text("utf-8"))
    known = frozenset(sheet["permissions"])
    roles = {}
    for code, role in sheet["roles"].items():
        granted = known if role.get("everything") else frozenset(role["permissions"]) | OWN
        if not granted <= known:
            raise ValueError(f"role {code!r} names unknown permissions: {sorted(granted - known)}")
        roles[code] = Role(code, role["zh"], role["en"], granted)
    return sheet["permissions"], roles


def permissions() -> dict[str, dict[str, str]]:
    """All permissions by code, each with its `zh` and `en` name."""
    return _sheet()[0]


def roles() -> dict[str, Role]:
    """All roles by code."""
    return _sheet()[1]


def permissions_of(role_codes: Iterable[str]) -> frozenset[str]:
    """What these roles allow together. A role that no longer exists allows nothing."""
    known = roles()
    return OWN.union(*(known[code].permissions for code in role_codes if code in known))


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller who proved who they are: by a session or by a token. Fulfils `commonsight.http.Caller`."""

    id: UUID
    name: str
    display_name: str
    organisation: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    regions: tuple[str, ...]
    language: str
    must_change_password: bool
    session_id: UUID | None = None
    token_id: UUID | None = None
    address: str | None = None
    factor_owed: Literal["enrol", "code"] | None = None
    """What is missing before anything else: an authenticator to set up, or the code of the one there is."""

    def refuse_unless(self, permission: str) -> None:
        """Raise `access.password_must_change`, `access.factor_enrol`, `access.factor_code` or `access.forbidden` (403)
        unless `permission` is given."""
        if self.must_change_password and permission not in BEFORE_CHANGE:
            raise Refusal("access.password_must_change", status=403, rule="one-time password", operand="password")
        if self.factor_owed is not None and permission not in BEFORE_FACTOR:
            raise Refusal(f"access.factor_{self.factor_owed}", status=403, rule="second factor", operand="factor")
        if permission not in self.permissions:
            named = permissions().get(permission, {"zh": permission, "en": permission})
            raise Refusal(
                "access.forbidden",
                status=403,
                rule="permission",
                operand="permission",
                expected=permission,
                actual=sorted(self.roles),
                permission_zh=named["zh"],
                permission_en=named["en"],
            )


def check_name(name: str) -> str:
    """The name in the form it is kept (lower case).

    Raises:
        Refusal: `access.name_invalid`.
    """
    plain = name.strip().lower()
    if not NAME.fullmatch(plain):
        raise Refusal("access.name_invalid", status=422, rule=NAME.pattern, operand="name", actual=name[:60])
    return plain


def check_password(password: str, name: str, operand: str = "password") -> None:
    """Refuse (`access.password_weak`, 422) what is short, endless, built on the name, or a few letters repeated.

    The password itself is never put into the refusal.
    """
    if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        rule = f"{PASSWORD_SHORTEST}-{PASSWORD_LONGEST} characters"
        raise Refusal("access.password_length", status=422, rule=rule, operand=operand, actual=len(password))
    if len(name) >= 3 and name in password.lower():
        raise Refusal("access.password_name", status=422, rule="does not contain the name", operand=operand)
    if len(set(password)) < 5:
        rule = "at least 5 different characters"
        raise Refusal("access.password_weak", status=422, rule=rule, operand=operand, actual=len(set(password)))


def check_roles(codes: Iterable[str], granter: Identity | None) -> tuple[str, ...]:
    """The roles in a fixed order; refused when unknown or when they allow what the granter may not do (None: local)."""
    asked = set(codes)
    if unknown := asked - set(ROLE_NAMES):
        raise Refusal(
            "access.role_unknown", status=422, rule="role", operand="roles", expected=ROLE_NAMES, actual=sorted(unknown)
        )
    if granter is not None and (more := permissions_of(asked) - granter.permissions):
        raise Refusal(
            "access.grant_exceeds", status=403, rule="no more than one's own", operand="roles", actual=sorted(more)
        )
    return tuple(code for code in ROLE_NAMES if code in asked)


def check_regions(codes: Iterable[str], granter: Identity | None) -> tuple[str, ...]:
    """The region prefixes, sorted, without those another covers; never beyond the granter's scope (None: local)."""
    asked = sorted(set(codes))
    for code in asked:
        if not REGION.fullmatch(code):
            raise Refusal("access.region_invalid", status=422, rule=REGION.pattern, operand="regions", actual=code[:20])
        if granter is not None and not code.startswith(granter.regions or ("-",)):
            raise Refusal(
                "access.grant_exceeds",
                status=403,
                rule="no more than one's own",
                operand="regions",
                expected=list(granter.regions),
                actual=code,
            )
    kept: list[str] = []
    for code in asked:
        if not kept or not code.startswith(kept[-1]):
            kept.append(code)
    return tuple(kept)


def check_token_permissions(asked: Iterable[str], holder: Identity) -> tuple[str, ...]:
    """The permissions a token may carry: some of its holder's, and none of `NEVER_BY_TOKEN`."""
    wanted = set(asked)
    if more := wanted - (holder.permissions - NEVER_BY_TOKEN):
        raise Refusal(
            "access.grant_exceeds",
            status=403,
            rule="no more than one's own",
            operand="permissions",
            expected=sorted(holder.permissions - NEVER_BY_TOKEN),
            actual=sorted(more),
        )
    return tuple(sorted(wanted | {"me.read"}))


def new_secret(prefix: str = "") -> str:
    """256 random bits as text."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored instead of a secret. The secrets are 256 random bits, so one plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_one_time_password() -> str:
    """Readable from a terminal: four groups without letters that look alike, 77 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def session_end(now: datetime, created: datetime, hours: float) -> datetime:
    """When a session used at `now` ends: `hours` later, but never beyond `SESSION_LONGEST` from its start."""
    return min(now + timedelta(hours=hours), created + SESSION_LONGEST)
