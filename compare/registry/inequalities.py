"""What stays unequal between services, and is left so because it is the frameworks' own way."""

# Framework -> sentences; what is between backticks is code.
INEQUALITIES: dict[str, tuple[str, ...]] = {
    "Django": (
        "Django's async ORM runs a request's queries in a thread (claim "
        "`a-methods-run-in-a-thread`: holds); under ASGI Django starts threads for a request even "
        "when it asks the database nothing (claim `async-view-starts-two-threads`: holds).",
        "Under ASGI Django's threads have no limit, since each request brings its own; FastAPI's "
        "`def` endpoints and the blocking services have as many as a pool has connections. Where "
        "views wait in threads, that decides.",
        "Django runs the two middlewares that the contract needs, as FastAPI does, and none of "
        "those that `startproject` lists, which change threads more often (claim "
        "`django-middleware-needs-no-thread`).",
        "On SQLite, Django under ASGI opens a connection for each request that queries; "
        "SQLAlchemy keeps a pool of them, each with its own thread. On PostgreSQL both keep a "
        "pool of one size.",
        "On PostgreSQL Django binds parameters in the client, SQLAlchemy lets the server do it; "
        "neither prepares statements. The yardstick does.",
        "A blocking Django runs under gunicorn, its classic server, a blocking FastAPI under "
        "uvicorn. Slow clients hold gunicorn's threads, so that it belongs behind a proxy that "
        "takes in whole requests; uvicorn reads them on its event loop.",
    ),
    "FastAPI": (
        "On SQLite a create holds the one write lock until it commits; FastAPI's async create "
        "goes back to the event loop between its statements, Django's runs through in its thread.",
    ),
}
