"""Servers and HTTP/2: who speaks it, over TLS and in clear text."""

from collections.abc import Sequence

from compare.running.launch import launched
from compare.running.protocols import (
    PATIENCE_SECONDS,
    Answer,
    certified,
    command_of,
    http_2_in_clear_text,
    http_2_over_tls,
)
from experiments.apparatus.running import DJANGO, FASTAPI, SERVERS
from experiments.claim import Claim, Seen

FLAGS = ("--http", "zttp", "--http2")
H2 = ("h2", "priority")
HANGS_SECONDS = 5.0  # uvicorn is there as soon as its port is
BODY = b"a body"
BY_HTTP_1_1 = "answers 200 by HTTP/1.1"


def spoken(
    server: str,
    application: str,
    *flags: str,
    tls: bool = True,
    without: Sequence[str] = (),
    body: bytes = b"",
    patience_seconds: float = PATIENCE_SECONDS,
) -> Answer:
    """Ask a server by HTTP/2, without modules that it may miss, over TLS or in clear text."""
    with certified() as certificate:
        command = command_of(SERVERS[server], application, flags, certificate if tls else None)
        with launched(server, python_without(without, command), None) as started:
            if tls:
                return http_2_over_tls(started.url, certificate.trusted, body, patience_seconds)
            return http_2_in_clear_text(started.url)


def python_without(modules: Sequence[str], command: Sequence[str]) -> tuple[str, ...]:
    """Change `python -m PROGRAM …` to run as on a machine where these modules are missing."""
    if not modules:
        return tuple(command)
    python, _, program, *rest = command
    hide = f"import runpy, sys; sys.modules.update(dict.fromkeys({tuple(modules)}))"
    run = f"runpy.run_module('{program}', run_name='__main__', alter_sys=True)"
    return (python, "-c", f"{hide}; {run}", *rest)


@Claim(
    "uvicorn-speaks-http2",
    "uvicorn speaks HTTP/2.",
    numbers=(32,),
    about="uvicorn 0.53 and later; the request without a body with 0.54.0 and zttp 0.0.35",
    instead="Let the proxy in front speak HTTP/2: uvicorn calls its own experimental.",
    why="`Config.load` takes the protocol that knows HTTP/2 only with `--http2`, and that only with"
    " `--http zttp`. Its `ZttpH2Protocol.handle_request` then overlooks `Request.end_stream`, by"
    " which zttp, since 0.0.22, says that there is no body: Django waits for one, and hangs.",
    needs=("h2", "trustme", "zttp"),
    shows=(spoken,),
)
def uvicorn_speaks_http2(flags: Sequence[str] = FLAGS) -> Seen:
    """Offer HTTP/2 over TLS to uvicorn as it starts by default, and with flags."""
    usual = spoken("uvicorn", DJANGO)
    bare = spoken("uvicorn", DJANGO, *flags, patience_seconds=HANGS_SECONDS)
    full = spoken("uvicorn", DJANGO, *flags, body=BODY)
    start = f"it is started with `{' '.join(flags)}` and the request has"
    return Seen(
        held={
            "it is started without flags": usual.works,
            f"{start} no body": bare.works,
            f"{start} a body": full.works,
        },
        evidence={
            "without flags": usual.said,
            "with them, no body": bare.said,
            "with them, a body": full.said,
        },
    )


uvicorn_speaks_http2.falls_when("`--http2` is left out", flags=("--http", "zttp"))


@uvicorn_speaks_http2.beside(
    "FastAPI",
    "With those flags a FastAPI endpoint is answered by HTTP/2: it reads no body unless asked to.",
)
def fastapi_on_uvicorn_by_http2() -> Seen:
    """Offer HTTP/2 over TLS to uvicorn, by default and with flags, and send no body."""
    usual, flagged = spoken("uvicorn", FASTAPI), spoken("uvicorn", FASTAPI, *FLAGS)
    return Seen(
        held=usual.said == BY_HTTP_1_1 and flagged.works,
        evidence={"without flags": usual.said, "with them": flagged.said},
    )


@Claim(
    "daphne-speaks-no-http2",
    "daphne does not speak HTTP/2.",
    numbers=(33,),
    about="daphne 4.2 on Twisted 26.10",
    instead="Install `Twisted[http2,tls]` beside daphne where it is to speak HTTP/2 itself.",
    why="daphne leaves it to Twisted, whose `twisted.web.http` offers HTTP/2 to TLS clients when"
    " `h2` and `priority` can be imported; `pip install daphne` alone brings neither.",
    needs=("daphne", "h2", "priority", "trustme"),
    shows=(spoken, python_without),
)
def daphne_speaks_no_http2(tls: bool = True) -> Seen:
    """Offer HTTP/2 to daphne, with the modules that it takes for that and without."""
    missing = spoken("daphne", DJANGO, tls=tls, without=H2)
    installed = spoken("daphne", DJANGO, tls=tls)
    return Seen(
        held={
            "`h2` and `priority` are not installed": not missing.works,
            "they are installed": not installed.works,
        },
        evidence={"without h2 and priority": missing.said, "with them": installed.said},
    )


daphne_speaks_no_http2.falls_when("there is no TLS: then it never speaks HTTP/2", tls=False)


@daphne_speaks_no_http2.beside(
    "FastAPI", "daphne speaks HTTP/2 for a FastAPI application when those modules are installed."
)
def fastapi_on_daphne_by_http2() -> Seen:
    """Offer HTTP/2 over TLS to daphne with a FastAPI application."""
    answer = spoken("daphne", FASTAPI)
    return Seen(held=answer.works, evidence={"daphne": answer.said})


@Claim(
    "hypercorn-speaks-http2",
    "hypercorn speaks HTTP/2.",
    numbers=(34,),
    about="hypercorn 0.18",
    instead="Take hypercorn or granian where the server itself has to speak HTTP/2.",
    needs=("daphne", "h2", "hypercorn", "priority", "trustme"),
    shows=(spoken,),
)
def hypercorn_speaks_http2(server: str = "hypercorn") -> Seen:
    """Offer HTTP/2 over TLS, and speak it at once in clear text."""
    secure, clear = spoken(server, DJANGO), spoken(server, DJANGO, tls=False)
    return Seen(
        held={"it is asked over TLS": secure.works, "in clear text": clear.works},
        evidence={"TLS": secure.said, "clear text": clear.said},
    )


hypercorn_speaks_http2.falls_when(
    "it is asked of daphne, which speaks it over TLS only", server="daphne"
)


@hypercorn_speaks_http2.beside(
    "FastAPI", "hypercorn speaks HTTP/2 for a FastAPI application too, with TLS and without."
)
def fastapi_on_hypercorn_by_http2() -> Seen:
    """Offer HTTP/2 to hypercorn with a FastAPI application."""
    secure, clear = spoken("hypercorn", FASTAPI), spoken("hypercorn", FASTAPI, tls=False)
    return Seen(
        held=secure.works and clear.works,
        evidence={"TLS": secure.said, "clear text": clear.said},
    )
