"""What a provider's claims mean here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonsight.access.oidc_model import account_name, challenge, meaning, safe_return, values_of
from commonsight.problem import Refusal
from commonsight.settings import OidcProvider, OidcRule


def provider(*rules: OidcRule, **more: object) -> OidcProvider:
    about = {"name": "city", "title": "城市", "issuer": "https://id.example", "client_id": "c", "rules": list(rules)}
    return OidcProvider(**(about | more))


def test_all_rules_that_match_count_together():
    found = meaning(
        provider(
            OidcRule(claim="groups", value="a", roles=["officer"], regions=["450102"]),
            OidcRule(claim="groups", value="b", roles=["operator", "officer"], regions=["4501", "4502"]),
            OidcRule(claim="groups", value="c", roles=["administrator"], regions=["45"]),
            OidcRule(claim="unit", organisation="*"),
            OidcRule(claim="unit", organisation="another"),
        ),
        {"groups": ["a", "b"], "unit": " 南宁市  公安局 "},
    )
    assert found.roles == ("operator", "officer")
    assert found.regions == ("4501", "4502")  # what another covers is left out
    assert found.organisation == "南宁市 公安局"


def test_a_claim_may_name_the_regions_itself_but_only_real_ones():
    rules = provider(OidcRule(claim="division", roles=["officer"], regions=["*"]))
    assert meaning(rules, {"division": ["4501", "", "x", "45' OR 1", "450"]}).regions == ("4501",)


@pytest.mark.parametrize(
    ("claims", "path", "values"),
    [
        ({"a": "x"}, "a", ("x",)),
        ({"a": ["x", "y", {"z": 1}]}, "a", ("x", "y")),
        ({"a": {"b": ["x"]}}, "a.b", ("x",)),
        ({"https://id.example/roles": ["x"]}, "https://id.example/roles", ("x",)),
        ({"a": True}, "a", ("true",)),
        ({"a": 7}, "a", ("7",)),
        ({"a": None}, "a", ()),
        ({}, "a.b", ()),
        ({"a": "x"}, "a.b", ()),
    ],
)
def test_claims_are_found_by_name_and_by_path(claims, path, values):
    assert values_of(claims, path) == values


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["groups", "a", "unit"]), json_values))
def test_no_claims_give_more_than_the_rules(claims):
    rules = provider(
        OidcRule(claim="groups", value="a", roles=["officer"], regions=["4501"]),
        OidcRule(claim="a.b", roles=["analyst"], regions=["*"]),
        OidcRule(claim="unit", organisation="*"),
    )
    found = meaning(rules, claims)
    assert set(found.roles) <= {"officer", "analyst"}
    assert all(region.isdigit() for region in found.regions)
    assert len(found.organisation) <= 120


def test_a_claim_that_is_no_name_of_ours_makes_no_account():
    assert account_name(provider(), {"preferred_username": " Li.Na "}) == "li.na"
    for said in ("", "x", "li na", "李娜", "../admin", "a" * 41):
        with pytest.raises(Refusal) as refused:
            account_name(provider(), {"preferred_username": said})
        assert refused.value.code == "access.oidc_name"


@given(st.text(max_size=60))
def test_the_way_back_is_a_path_of_ours(text):
    found = safe_return(text)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isprintable()


def test_the_challenge_is_that_of_the_standard():
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize(
    "issuer",
    ["http://id.example", "ftp://id.example", "https://", "https://u@id.example", "https://id.example?x", "id.example"],
)
def test_an_issuer_is_asked_over_tls(issuer):
    with pytest.raises(ValueError):
        provider(issuer=issuer)
