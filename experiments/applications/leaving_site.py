"""A Django site whose clients go away: its view is slow, and notes how it ended."""

import asyncio

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from experiments.apparatus import site

SLOW_SECONDS = 4.0
told: list[str] = []


async def slow(request: HttpRequest) -> HttpResponse:
    """Wait, and note whether that came to its end."""
    told.append("began")
    try:
        await asyncio.sleep(SLOW_SECONDS)
    except asyncio.CancelledError:
        told.append("cancelled")
        raise
    told.append("finished")
    return HttpResponse()


async def tell(request: HttpRequest) -> JsonResponse:
    """Give what was noted."""
    return JsonResponse(told, safe=False)


application = site.asgi(path("slow", slow), path("told", tell))
