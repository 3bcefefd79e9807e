"""The API's pages at /docs: rendered here from the OpenAPI document and the message catalogue, no foreign assets."""

from html import escape
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from starlette.responses import HTMLResponse, JSONResponse, Response

from commonsight.access.cookies import COOKIE
from commonsight.access.model import permissions
from commonsight.http import Problem, language_of, public
from commonsight.text import catalogue, say

router = APIRouter(include_in_schema=False, dependencies=[public()])

DESCRIPTION: Final = (
    "JSON over HTTP. Errors are RFC 9457 problem documents. Lists are read by keyset: `next` of an answer goes into "
    "`?after=` of the following request. Times are RFC 3339 in UTC, coordinates [lon, lat] in WGS-84, regions are "
    "division-code prefixes. Sign in with `POST /api/v1/sessions` (cookie) or send `Authorization: Bearer cst_…`."
)
METHODS: Final = ("get", "post", "put", "patch", "delete")
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
Lang = Annotated[str | None, Query(pattern="^(zh|en)$")]


def install(app: FastAPI) -> None:
    """Give the OpenAPI document what FastAPI does not know: who may call, and what refusals look like."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def guards(app: FastAPI) -> dict[tuple[str, str], str | None]:
    """The permission of every HTTP route by (path, method); None = public. Routes without a guard are left out."""
    found: dict[tuple[str, str], str | None] = {}
    for path, methods, calls in walk(app):
        for call in calls:
            if hasattr(call, "permission"):
                for method in methods:
                    found[path, method] = call.permission
                break
    return found


def walk(app: FastAPI) -> list[tuple[str, list[str], list[Any]]]:
    """Every route: its full path, its methods ("WS" for a WebSocket), the callables its dependencies call, in order."""
    found = []
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        calls = [part.call for part in dependant.dependencies] if dependant is not None else []
        found.append((route.path or "", sorted(route.methods or ["WS"]), calls))
    return found


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    made["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "cst_…"},
    }
    schemas.setdefault("Problem", Problem.model_json_schema())
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    allowed = guards(app)
    for path, operations in made.get("paths", {}).items():
        for method, operation in operations.items():
            permission = allowed.get((path, method.upper()))
            if permission is not None:
                operation["x-permission"] = permission
                operation["security"] = [{"session": []}, {"token": []}]
                for status in ("401", "403"):
                    operation["responses"].setdefault(status, {})
            for status, response in operation.get("responses", {}).items():
                if status.startswith(("4", "5")):
                    response["content"] = problem
                    response["description"] = say(f"http.status_{status}", "en")
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return made


@router.get("/api/v1/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document."""
    return JSONResponse(request.app.openapi(), headers={"Cache-Control": "no-cache"})


@router.get("/docs")
async def reference(request: Request, lang: Lang = None) -> HTMLResponse:
    """All operations, by room."""
    language = lang or language_of(request)
    made = request.app.openapi()
    rooms: dict[str, list[str]] = {}
    for path, operations in made["paths"].items():
        for method in METHODS:
            if (operation := operations.get(method)) is not None:
                room = (operation.get("tags") or ["system"])[0]
                rooms.setdefault(room, []).append(_operation(path, method, operation, language))
    index = " · ".join(f'<a href="#{escape(room)}">{escape(_room(room, language))}</a>' for room in rooms)
    parts = [f"<p>{escape(say('http.docs_intro', language))}</p>", f"<nav>{index}</nav>"]
    parts += [
        f'<h2 id="{escape(room)}">{escape(_room(room, language))}</h2>{"".join(rows)}' for room, rows in rooms.items()
    ]
    parts.append(f'<h2 id="schemas">{escape(say("http.docs_schemas", language))}</h2>')
    parts += [_schema(name, schema) for name, schema in sorted(made["components"]["schemas"].items())]
    return _html(say("http.docs_title", language), "".join(parts), language, "/docs")


@router.get("/docs/problems")
async def problem_types(request: Request, lang: Lang = None) -> HTMLResponse:
    """Every refusal by its code, in both languages; `type` of a problem document points here."""
    language = lang or language_of(request)
    rows = "".join(
        f'<tr id="{escape(code)}"><th><code>{escape(code)}</code></th>'
        f"<td lang=zh>{escape(said['zh'])}</td><td lang=en>{escape(said['en'])}</td></tr>"
        for code, said in sorted(catalogue().items())
        if not code.startswith(("http.docs_", "http.status_"))
    )
    return _html(say("http.docs_problems", language), f"<table>{rows}</table>", language, "/docs/problems")


@router.get("/docs/style.css")
async def style() -> Response:
    """How the reference looks."""
    return Response(_STYLE, media_type="text/css; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _operation(path: str, method: str, operation: dict[str, Any], language: str) -> str:
    named = permissions().get(operation.get("x-permission", ""))
    who = named[language] if named else say("http.docs_public", language)
    head = (
        f'<summary><b class="{method}">{method.upper()}</b> <code>{escape(path)}</code> '
        f"<span>{escape(operation.get('summary', ''))}</span></summary>"
    )
    body = f"<p>{escape(operation.get('description', ''))}</p><p><i>{escape(who)}</i></p>"
    if operation.get("parameters"):
        rows = "".join(_parameter(one) for one in operation["parameters"])
        body += f"<table><caption>{escape(say('http.docs_parameters', language))}</caption>{rows}</table>"
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if sent:
        body += f"<p>{escape(say('http.docs_body', language))} {_type(sent)}</p>"
    rows = "".join(
        f"<tr><th>{escape(status)}</th><td>{escape(say(f'http.status_{status}', language))}</td>"
        f"<td>{_content(one)}</td></tr>"
        for status, one in operation.get("responses", {}).items()
    )
    answers = escape(say("http.docs_answers", language))
    return f"<details>{head}{body}<table><caption>{answers}</caption>{rows}</table></details>"


def _parameter(one: dict[str, Any]) -> str:
    example = one.get("schema", {}).get("examples", [None])[0]
    shown = "" if example is None else f" <samp>{escape(str(example))}</samp>"
    required = " *" if one.get("required") else ""
    return (
        f"<tr><th><code>{escape(one['name'])}</code>{required}</th><td>{escape(one['in'])}</td>"
        f"<td>{_type(one.get('schema', {}))}</td><td>{escape(one.get('description', ''))}{shown}</td></tr>"
    )


def _content(response: dict[str, Any]) -> str:
    return ", ".join(
        f"{escape(kind)} {_type(body.get('schema', {}))}" for kind, body in response.get("content", {}).items()
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = "".join(
        f"<tr><th><code>{escape(field)}</code>{' *' if field in required else ''}</th><td>{_type(part)}</td>"
        f"<td>{escape(part.get('description', ''))}{_example(part)}</td></tr>"
        for field, part in schema.get("properties", {}).items()
    )
    said = escape(schema.get("description", ""))
    summary = f"<summary><code>{escape(name)}</code> <span>{said}</span></summary>"
    return f'<details id="{escape(name)}">{summary}<table>{rows}</table></details>'


def _example(part: dict[str, Any]) -> str:
    example = part.get("examples", [None])[0]
    return "" if example is None else f" <samp>{escape(str(example))}</samp>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    for key, joint in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if key in schema:
            return joint.join(_type(part) for part in schema[key])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return escape(" ".join(str(schema[key]) for key in ("type", "format") if key in schema))


def _room(room: str, language: str) -> str:
    return say(f"http.docs_room_{room}", language) if f"http.docs_room_{room}" in catalogue() else room


def _html(title: str, body: str, language: str, path: str) -> HTMLResponse:
    other = "en" if language == "zh" else "zh"
    switch = f'<a href="{path}?lang={other}" lang="{other}">{"English" if other == "en" else "中文"}</a>'
    links = (
        f'<a href="/docs?lang={language}">{escape(say("http.docs_title", language))}</a> · '
        f'<a href="/docs/problems?lang={language}">{escape(say("http.docs_problems", language))}</a> · '
        f'<a href="/api/v1/openapi.json">openapi.json</a> · {switch}'
    )
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/style.css"></head>'
        f"<body><header>{links}</header><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 68rem; padding: 1rem; }
header, nav { margin-bottom: 1rem; }
code, samp { font: .9em ui-monospace, monospace; }
samp::before { content: "= "; opacity: .6; }
details { border-bottom: 1px solid #8884; padding: .3rem 0; }
details > :not(summary) { margin: .4rem 0 .4rem 1.5rem; }
summary { cursor: pointer; }
summary span { opacity: .75; }
summary b { display: inline-block; min-width: 4.2rem; }
.get { color: #1677ff; } .post { color: #389e0d; } .put, .patch { color: #d46b08; } .delete { color: #cf1322; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0; font-weight: normal; }
:target { outline: 2px solid #1677ff; }
"""
