"""The door for ASGI servers."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
django.setup(set_prefix=False)

# These need the settings.
from django.conf import settings  # noqa: E402

from .auth import warn_if_open  # noqa: E402
from .body import bounded  # noqa: E402
from .errors import Handler  # noqa: E402
from .threads import on_reused_threads  # noqa: E402

application = bounded(Handler())
if settings.REUSE_THREADS:
    application = on_reused_threads(application, settings.THREAD_LIMIT)
warn_if_open()
