"""The door for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
application = get_asgi_application()

from .auth import warn_if_open  # noqa: E402  (needs the settings)

warn_if_open()
