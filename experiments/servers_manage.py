"""Django's commands for the servers' project, as its `manage.py` would give them."""

import sys

from django.core.management import execute_from_command_line

from . import servers_django

if __name__ == "__main__" and servers_django.settings.configured:
    execute_from_command_line(sys.argv)
