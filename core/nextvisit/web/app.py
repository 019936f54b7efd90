"""The ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from nextvisit.sdk.errors import RetryLater
from nextvisit.web.access_log import AccessLog
from nextvisit.web.health import health_routes
from nextvisit.web.pages import Pages
from nextvisit.web.patient_page import patient_page_routes
from nextvisit.web.pixel import pixel_routes
from nextvisit.web.request_head import RequestHead, hosts_of
from nextvisit.web.texts import TEXTS
from nextvisit.web.unsubscribe import unsubscribe_routes
from nextvisit.web.webhooks import webhook_routes

if TYPE_CHECKING:
    from nextvisit.domain.site import Site
    from nextvisit.web.deps import ApiDeps

_PATIENT_PATHS = ("/v/", "/u/")


def create_app(deps: ApiDeps) -> FastAPI:
    """All routes over `deps`. Without documentation pages: they would need scripts from elsewhere.

    Without redirects to a path with one slash less: they would lead to whatever host the request named.
    """
    app = FastAPI(title="NextVisit", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    pages = Pages(deps.site)
    app.include_router(health_routes(deps))
    app.include_router(webhook_routes(deps))
    app.include_router(pixel_routes(deps))
    app.include_router(patient_page_routes(deps, pages))
    app.include_router(unsubscribe_routes(deps, pages))

    @app.exception_handler(RetryLater)
    async def unavailable(request: Request, error: Exception) -> Response:
        # Nothing was committed, so nothing may be acknowledged: the other side tries again.
        headers = {"Retry-After": "30"}
        if request.url.path.startswith(_PATIENT_PATHS):
            language = pages.language()
            page = pages.word(language, TEXTS[language].trouble, status=503)
            page.headers.update(headers)
            return page
        code = error.code if isinstance(error, RetryLater) else "unavailable"
        return JSONResponse({"error": code}, status_code=503, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, _error: Exception) -> Response:
        # FastAPI's own answer repeats the input.
        return JSONResponse({"error": "invalid_request"}, status_code=422)

    app.add_middleware(RequestHead, hosts=hosts_of(deps.site.public_url, deps.hosts))
    app.add_middleware(AccessLog, headers=safe_headers(deps.site))
    return app


def safe_headers(site: Site) -> dict[str, str]:
    """What stands on every answer."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if site.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
