"""The door for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
application = get_wsgi_application()

# These need the settings. The paths are not left to the first request: what is wrong shows now.
from . import urls  # noqa: E402, F401
from .auth import warn_if_open  # noqa: E402
from .body import OurWSGIRequest  # noqa: E402

application.request_class = OurWSGIRequest
warn_if_open()
