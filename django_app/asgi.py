"""The door for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
handler = get_asgi_application()

# These need the settings. The paths are not left to the first request: what is wrong shows now.
from django.conf import settings  # noqa: E402

from . import urls  # noqa: E402, F401
from .auth import warn_if_open  # noqa: E402
from .body import OurASGIRequest, bounded  # noqa: E402
from .connections import over_http  # noqa: E402
from .threads import on_reused_threads  # noqa: E402

handler.request_class = OurASGIRequest
application = over_http(bounded(handler))
if settings.REUSE_THREADS:
    application = on_reused_threads(application, settings.THREAD_LIMIT)
warn_if_open()
