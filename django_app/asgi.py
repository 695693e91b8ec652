"""The door for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
asgi_handler = get_asgi_application()

# These need the settings.
from .auth import warn_if_open  # noqa: E402
from .body import bounded  # noqa: E402

application = bounded(asgi_handler)
warn_if_open()
