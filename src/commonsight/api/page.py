"""The page: built files with long caching, everything else is the application's own address."""

import mimetypes
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from commonsight.api.middleware import page_policy
from commonsight.http import public
from commonsight.problem import Refusal
from commonsight.text import say

router = APIRouter(include_in_schema=False, dependencies=[public()])

RESERVED: Final = ("api/", "docs/", "assets/")
"""Below these a missing thing is missing; elsewhere an unknown address is one of the application's."""

HASHED: Final = "public, max-age=31536000, immutable"
"""Vite puts a hash of the content into the names below assets/: they never change."""

TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
"""What browsers insist on, whatever the machine's own table says."""


def built() -> Path:
    """Where the built page lies inside the package."""
    return Path(str(files("commonsight.api"))) / "page"


@router.get("/{path:path}")
async def page(request: Request, path: str) -> Response:
    """A file of the page, or the page itself."""
    root: Path = request.app.state.page
    if (file := _inside(root, path)) is not None and file.name != "index.html":
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        caching = HASHED if path.startswith("assets/") else "no-cache"
        return FileResponse(file, media_type=kind, headers={"Cache-Control": caching})
    if path.startswith(RESERVED) or path in ("api", "assets"):
        raise Refusal("http.not_found", status=404, operand="request", actual=f"/{path}"[:100])
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": page_policy(await request.app.state.media_origins(request)),
    }
    index = root / "index.html"
    if not index.is_file():
        said = "".join(f"<p lang={lang}>{say('http.page_not_built', lang)}</p>" for lang in ("zh", "en"))
        return HTMLResponse(
            f"<!doctype html><meta charset=utf-8><title>Commonsight</title>{said}", 503, headers=headers
        )
    return FileResponse(index, media_type="text/html; charset=utf-8", headers=headers)


def _inside(root: Path, path: str) -> Path | None:
    """The file at `path` when it really lies below `root`: no way out by dots, links or odd names."""
    if not path or "\x00" in path:
        return None
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        return None
