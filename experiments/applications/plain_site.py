"""A Django site for servers to run: it says by which interface it is asked, and it naps."""

import time

from django.http import HttpRequest, HttpResponse
from django.urls import path

from experiments.apparatus import site

NAP_SECONDS = 0.2


def interface(request: HttpRequest) -> HttpResponse:
    """Name the class of the request: each interface has its own."""
    return HttpResponse(type(request).__name__)


def nap(request: HttpRequest) -> HttpResponse:
    """Hold the thread for a moment, and give when that began and when it ended."""
    began = time.monotonic()
    time.sleep(NAP_SECONDS)
    return HttpResponse(f"{began} {time.monotonic()}")


PATHS = path("", interface), path("nap", nap)
asgi_application = site.asgi(*PATHS)
wsgi_application = site.wsgi(*PATHS)
