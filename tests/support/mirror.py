"""Which files of the two services mirror each other, what each has on its own, and why."""

from tests.support.source_files import ROOT

DJANGO, FASTAPI = ROOT / "django_app", ROOT / "fastapi_app"

# Files of Django's side and of FastAPI's, by their paths inside the service.
MIRRORED = (
    ("asgi.py", "asgi.py"),
    ("auth.py", "auth.py"),
    ("body.py", "body.py"),
    ("connections.py", "connections.py"),
    ("dashboard.py", "dashboard.py"),
    ("documents.py", "documents.py"),
    ("errors.py", "errors.py"),
    ("middleware.py", "middleware.py"),
    ("models.py", "models.py"),
    ("outages.py", "outages.py"),
    ("posts.py", "posts.py"),
    ("settings.py", "settings.py"),
    ("upstreams.py", "upstreams.py"),
    ("views.py", "routes.py"),
    ("blocking/dashboard.py", "blocking/dashboard.py"),
    ("blocking/posts.py", "blocking/posts.py"),
    ("blocking/views.py", "blocking/routes.py"),
)

# Files that one side has and the other does not need.
UNMIRRORED = {
    "django_app/admin.py": "FastAPI has no admin",
    "django_app/threads.py": "FastAPI's async endpoints need no thread, its others share a pool",
    "django_app/urls.py": "FastAPI's routes carry their paths",
    "django_app/wsgi.py": "FastAPI speaks ASGI only",
    "fastapi_app/paths.py": "Django's stands in urls.py",
    "fastapi_app/database.py": "Django makes its connections from its settings",
}

# What one side of a mirrored file defines and the other does not.
ON_ITS_OWN = {
    "django_app/body.py": {
        "bounded": "Django takes in a whole body before the view; FastAPI reads as it comes",
        "MediaTypeOnly": "FastAPI reads no parameter of a Content-Type",
        "MediaTypeOnly._set_content_type_params": "as above",
        "OurASGIRequest": "as above",
        "OurWSGIRequest": "as above",
        "read_body": "a function that the view calls; FastAPI's request reads itself",
        "stream_of": "WSGI knows a body without a length only by the server's word",
    },
    "django_app/upstreams.py": {
        "upstream_client": "each WSGI request has an event loop, and so a client, of its own",
    },
    "django_app/errors.py": {
        "ProblemDetails": "Django hands exceptions to a middleware",
        "ProblemDetails.process_exception": "as above",
        "invalid_request": "FastAPI validates by itself, and says so in its own exception",
        "bad_request": "Django's handler400",
        "not_found": "Django's handler404",
        "server_error": "Django's handler500",
    },
    "django_app/middleware.py": {
        "timing": "a Django middleware is a factory of functions, async or blocking",
        "count_on": "Django opens connections anew; each wants its counter",
    },
    "django_app/models.py": {
        "Author.__str__": "what the admin shows",
        "Post.__str__": "what the admin shows",
        "Tag.__str__": "what the admin shows",
    },
    "django_app/outages.py": {
        "is_outage": "Django's exceptions are told apart where they are answered",
    },
    "django_app/posts.py": {
        "create_post_in_transaction": "a Django transaction belongs to a thread",
    },
    "django_app/settings.py": {
        "_read": "Django's settings are a module",
    },
    "django_app/views.py": {
        "read_query": "FastAPI reads it from the signature",
        "read_new_post": "FastAPI reads it from the signature",
        "ask_database": "a Django cursor is blocking only",
        "json_response": "FastAPI writes what the endpoint returns",
    },
    "fastapi_app/asgi.py": {
        "lifespan": "Django has none",
        "create_app": "Django is wired by its settings",
    },
    "fastapi_app/body.py": {
        "JSONRequest": "FastAPI reads the body before it calls the endpoint",
        "JSONRequest.body": "as above",
        "JSONRequest.json": "as above",
        "JSONRoute": "as above",
        "JSONRoute.get_route_handler": "as above",
    },
    "fastapi_app/documents.py": {
        "problems": "FastAPI generates the document",
        "correct_problems": "FastAPI generates the document",
        "add_headers": "FastAPI generates the document",
    },
    "fastapi_app/errors.py": {
        "answer": "FastAPI hands exceptions to handlers",
        "refused": "Django hands these to handler400 and handler404",
        "allowed_methods": "Django's stands in urls.py",
        "add_handlers": "FastAPI hands exceptions to handlers",
    },
    "fastapi_app/middleware.py": {
        "WholePath": "Django's patterns end where the path does",
        "WholePath.__init__": "as above",
        "WholePath.__call__": "as above",
        "Timing": "a Starlette middleware is an ASGI application",
        "Timing.__init__": "as above",
        "Timing.__call__": "as above",
    },
    "fastapi_app/models.py": {
        "UTCDateTime": "Django keeps time zones on SQLite by itself",
        "UTCDateTime.process_bind_param": "as above",
        "UTCDateTime.process_result_value": "as above",
        "Model": "SQLAlchemy wants a base class of ours",
    },
    "fastapi_app/outages.py": {
        "name_outage": "SQLAlchemy lets its engine say what an error is called",
    },
    "fastapi_app/routes.py": {
        "upstream_client": "a dependency; Django's stands in upstreams.py",
    },
    "fastapi_app/settings.py": {
        "Settings": "pydantic-settings wants a class",
        "SettingsError": "Django has ImproperlyConfigured",
        "read_settings": "Django's settings are a module",
    },
}

# What both define, and do so differently that one docstring cannot be true of both.
OWN_DOCSTRINGS = {
    "connections.py:over_http": "each framework leaves another thing to its server",
    "documents.py:get_openapi": "Django reads the document, FastAPI generates it",
    "errors.py:to_problem": "Django leaves an unforeseen exception to its own handler",
    "middleware.py:count_statement": "Django's also runs the statement",
    "middleware.py:stamp": "Django's also takes the body off the answer to a HEAD",
}
