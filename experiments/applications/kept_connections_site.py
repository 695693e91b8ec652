"""A Django site for a WSGI server to run: its connections stay open for the next request."""

from django.db import connection

from experiments.apparatus import site
from experiments.apparatus.backends import BACKEND

connection.settings_dict["CONN_MAX_AGE"] = None

application = site.wsgi(BACKEND)
