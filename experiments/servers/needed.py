"""Servers: which a view needs, and whose they are."""

from collections.abc import Mapping
from importlib.metadata import metadata, requires

from experiments.apparatus.running import DJANGO_WSGI, FASTAPI, get, running
from experiments.claim import Claim, Seen

AUTHORS = {"daphne": "Django Software Foundation", "hypercorn": "pgjones"}
ASGI_SERVERS = ("uvicorn", "daphne", "hypercorn", "granian", "gunicorn")


@Claim(
    "async-view-needs-asgi-server",
    "An `async def` view needs an ASGI server.",
    numbers=(30,),
    about="Django 3.1 and later",
    instead="Take an ASGI server for what only it has: WebSockets, async streams, and many waiting "
    "requests in one event loop.",
    why="Under WSGI `BaseHandler._get_response` calls the view by `async_to_sync`: it is answered,"
    " from an event loop that is made for this one request.",
)
def async_view_needs_asgi_server(application: str = DJANGO_WSGI) -> Seen:
    """Ask for an async view on gunicorn's threads, which speak WSGI only."""
    with running("gunicorn", application, "--worker-class", "gthread") as server:
        status = get(server).status_code
    return Seen(held=status != 200, evidence={"on a WSGI server": f"status {status}"})


async_view_needs_asgi_server.falls_when(
    "the application is FastAPI's, which has no WSGI side", application=FASTAPI
)


@async_view_needs_asgi_server.beside("FastAPI", "A FastAPI application needs an ASGI server.")
def fastapi_needs_asgi_server() -> Seen:
    """Ask for an endpoint on gunicorn's threads, and on its own ASGI worker."""
    statuses = {}
    for worker in ("gthread", "asgi"):
        with running("gunicorn", FASTAPI, "--worker-class", worker) as server:
            statuses[worker] = get(server).status_code
    return Seen(held=statuses == {"gthread": 500, "asgi": 200}, evidence=statuses)


def source_of(package: str) -> str:
    """Read where a package says that its source is kept."""
    links = metadata(package).get_all("Project-URL") or ()
    addresses: dict[str, str] = dict(link.split(", ") for link in links)
    return addresses["Source"]


@Claim(
    "uvicorn-is-kept-by-encode",
    "uvicorn is maintained by Encode.",
    numbers=(31,),
    about="the uvicorn that is installed",
    instead="Look for uvicorn's issues and releases at Kludex, as for Starlette's.",
    why="The repository went from the organisation Encode to its maintainer, Marcelo Trylesinski.",
    since="uvicorn 0.36",
    shows=(source_of,),
)
def uvicorn_is_kept_by_encode(package: str = "uvicorn") -> Seen:
    """Read from the installed package where its source is kept."""
    source = source_of(package)
    return Seen(held="/encode/" in source, evidence={f"{package}'s source": source})


uvicorn_is_kept_by_encode.falls_when("it is asked of httpx, which Encode kept", package="httpx")


@uvicorn_is_kept_by_encode.beside(
    "FastAPI", "Starlette, which FastAPI is made of, has left Encode as well."
)
def starlette_has_left_encode() -> Seen:
    """Read from the installed Starlette where its source is kept."""
    source = source_of("starlette")
    return Seen(held="/encode/" not in source, evidence={"starlette's source": source})


@Claim(
    "daphne-is-kept-by-django",
    "daphne is published under the name of the Django Software Foundation, and hypercorn under "
    "that of its author, pgjones.",
    numbers=(31,),
    about="the daphne and the hypercorn that are installed",
    instead="Ask who keeps a server, and when it was released last, before you depend on it.",
    why="Both packages name their author, by `Author-email`; hypercorn's names no repository.",
    needs=("daphne", "hypercorn"),
)
def daphne_is_kept_by_django(authors: Mapping[str, str] = AUTHORS) -> Seen:
    """Read from the installed packages under whose name they are published."""
    named = {package: metadata(package)["Author-email"] for package in authors}
    held = {
        f"the server is {package}": author in named[package] for package, author in authors.items()
    }
    return Seen(held=held, evidence=named)


daphne_is_kept_by_django.falls_when(
    "uvicorn is said to be published under Encode's",
    authors={**AUTHORS, "uvicorn": "Encode"},
)


@daphne_is_kept_by_django.beside(
    "FastAPI", "FastAPI names its server, uvicorn, in its `standard` extra; Django names none."
)
def fastapi_names_its_server() -> Seen:
    """Look for servers in what both frameworks require, with all their extras."""
    named = {
        framework: [name for name in ASGI_SERVERS if name in " ".join(requires(framework) or ())]
        for framework in ("fastapi", "django")
    }
    return Seen(held=named == {"fastapi": ["uvicorn"], "django": []}, evidence=named)
