#!/usr/bin/env python
"""Django's command line for the Django service: migrate, runserver, createsuperuser and so on."""

import os
import sys


def main() -> None:
    """Run what the arguments say, with the settings of the service."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_app.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise ImportError(
            "Django is not here: `make .venv/installed`, then `.venv/bin/python manage.py`"
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
