"""A Django site whose clients go away: its view is slow, and notes how it ended."""

import asyncio

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from experiments.apparatus import site

SLOW_SECONDS = 4.0
events: list[str] = []


async def slow(request: HttpRequest) -> HttpResponse:
    """Wait, and note whether that came to its end."""
    events.append("began")
    try:
        await asyncio.sleep(SLOW_SECONDS)
    except asyncio.CancelledError:
        events.append("cancelled")
        raise
    events.append("finished")
    return HttpResponse()


async def tell(request: HttpRequest) -> JsonResponse:
    """Give what was noted."""
    return JsonResponse(events, safe=False)


application = site.asgi(path("slow", slow), path("events", tell))
