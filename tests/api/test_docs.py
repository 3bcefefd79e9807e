"""The reference is whole, offline, in two languages; and what its document promises is true."""

import re

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from commonsight.api.docs import METHODS
from commonsight.text import catalogue


@pytest.fixture
async def document(anybody):
    return (await anybody.get("/api/v1/openapi.json")).json()


async def test_every_operation_says_what_it_does_and_who_may(document):
    operations = [
        (path, method, operations[method])
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
    ]
    assert len(operations) > 30
    for path, method, operation in operations:
        assert operation.get("description"), f"{method} {path} says nothing"
        assert operation.get("tags"), f"{method} {path} belongs to no room"
        guarded = "x-permission" in operation
        assert guarded == ("security" in operation)
        if guarded:
            assert "401" in operation["responses"], f"{method} {path} does not name 401"


async def test_refusals_are_problem_documents_everywhere(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if status.startswith(("4", "5")):
                    assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_every_reference_inside_the_document_leads_somewhere(document):
    wanted = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert wanted <= set(document["components"]["schemas"])


def test_examples_of_what_is_sent_are_accepted(app):
    """Each field's example, put together, is a body that the route takes."""
    tried = 0
    for route in iter_route_contexts(app.routes):
        field = getattr(route, "body_field", None)
        model = getattr(getattr(field, "field_info", None), "annotation", None)
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        body = {info.alias or name: info.examples[0] for name, info in model.model_fields.items() if info.examples}
        missing = {name for name, info in model.model_fields.items() if info.is_required()} - set(body)
        if not missing:
            model.model_validate(body)
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize(("language", "word"), [("zh", "接口说明"), ("en", "Interface reference")])
async def test_the_reference_speaks_both_languages_and_loads_nothing_from_elsewhere(anybody, language, word):
    for path in ("/docs", "/docs/problems"):
        answer = await anybody.get(path, params={"lang": language})
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
        assert word in answer.text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
        assert "<script" not in answer.text
        assert "'unsafe" not in answer.headers["content-security-policy"]
    assert (await anybody.get("/docs/style.css")).headers["content-type"].startswith("text/css")


async def test_every_link_inside_the_reference_has_its_target(anybody):
    text = (await anybody.get("/docs?lang=en")).text
    targets = set(re.findall(r'id="([^"]+)"', text))
    for link in re.findall(r'href="#([^"]+)"', text):
        assert link in targets


async def test_a_problems_type_leads_to_its_explanation(anybody):
    answer = await anybody.get("/api/v1/me")
    path, _, code = answer.json()["type"].partition("#")
    text = (await anybody.get(path)).text
    assert f'id="{code}"' in text


def test_every_message_stands_in_both_languages_with_the_same_placeholders():
    for code, said in catalogue().items():
        assert set(said) == {"zh", "en"}, code
        assert said["zh"].strip(), code
        assert said["en"].strip(), code
