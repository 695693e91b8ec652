"""Which path and method is answered by which view."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import IntConverter
from django.views.decorators.csrf import csrf_exempt

from . import documents
from .errors import HTTPProblem

if settings.ASYNC_MODEL == "async":
    from . import views
else:
    from .blocking import views  # type: ignore[no-redef]


View = Callable[..., Any]


class PostIdConverter(IntConverter):
    """A post's id in a path: 18 digits at most always fit a database's 64 bits."""

    regex = "[0-9]{1,18}"


def by_method(GET: View, **others: View) -> View:
    """Make one view of several, by method: GET also answers HEAD, others 405 with `Allow`."""
    by = {"GET": GET, "HEAD": GET, **others}
    allow = ", ".join(sorted(by))

    def choose(request: HttpRequest) -> View:
        if request.method not in by:
            detail = f"This path has {allow} only."
            raise HTTPProblem(405, detail, headers={"Allow": allow})
        return by[request.method]

    async def async_view(request: HttpRequest, **arguments: Any) -> Any:
        return await choose(request)(request, **arguments)

    def blocking_view(request: HttpRequest, **arguments: Any) -> Any:
        return choose(request)(request, **arguments)

    # A browser sends neither a bearer token nor application/json to another site unasked.
    return csrf_exempt(async_view if iscoroutinefunction(GET) else blocking_view)


register_converter(PostIdConverter, "post_id")

urlpatterns: list[URLPattern | URLResolver] = [
    path("posts", by_method(GET=views.list_posts, POST=views.create_post)),
    path("posts/<post_id:post_id>", by_method(GET=views.get_post)),
    path("dashboard", by_method(GET=views.get_dashboard)),
    path("health", by_method(GET=views.get_health)),
    path("ready", by_method(GET=views.get_ready)),
    path("openapi.json", by_method(GET=documents.get_openapi)),
    path("docs", by_method(GET=documents.get_docs)),
]

if settings.DJANGO_ADMIN:
    from django.contrib import admin

    urlpatterns += [path("admin/", admin.site.urls)]

handler400 = "django_app.errors.bad_request"
handler404 = "django_app.errors.not_found"
handler500 = "django_app.errors.server_error"
