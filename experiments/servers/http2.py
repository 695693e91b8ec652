"""Servers and HTTP/2: who speaks it, over TLS and in clear text."""

import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from compare.running.launch import HOST, launched
from experiments.apparatus.observing import outcome
from experiments.apparatus.running import ADDRESSES, DJANGO, FASTAPI, PATIENCE_SECONDS, SERVERS
from experiments.claim import Claim, Seen

HTTP_2 = "HTTP/2"
FLAGS = ("--http", "zttp", "--http2")
H2 = ("h2", "priority")
HANGS_SECONDS = 5.0  # uvicorn is there as soon as its port is
BODY = b"a body"
ADDRESSES_WITH_TLS = {
    "uvicorn": f"{ADDRESSES['uvicorn']} --ssl-certfile CERTIFICATE",
    "daphne": "-e ssl:{port}:interface={host}:privateKey=CERTIFICATE",
    "hypercorn": f"{ADDRESSES['hypercorn']} --certfile CERTIFICATE --keyfile CERTIFICATE",
}


def spoken(
    server: str,
    application: str,
    *flags: str,
    tls: bool = True,
    without: Sequence[str] = (),
    body: bytes = b"",
    patience: float = PATIENCE_SECONDS,
) -> str:
    """Offer HTTP/2 to a server, without modules that it may miss; give what it answers by."""
    with certified() as (certificate, trusted):
        words = f"{SERVERS[server]} {(ADDRESSES_WITH_TLS if tls else ADDRESSES)[server]}"
        start = words.replace("CERTIFICATE", certificate).split()
        command = (*python_without(without, start[0]), *start[1:], *flags, application)
        with launched(server, command, None) as started:
            url = started.url.replace("http", "https" if tls else "http", 1)
            # Over TLS a server chooses; in clear text a client has to know.
            with httpx.Client(
                http1=tls, http2=True, verify=trusted, timeout=patience, trust_env=False
            ) as client:
                method = "POST" if body else "GET"
                return outcome(lambda: client.request(method, url, content=body).http_version)


def python_without(modules: Sequence[str], program: str) -> tuple[str, ...]:
    """Start a program as on a machine where these modules are not installed."""
    hide = f"import runpy, sys; sys.modules.update(dict.fromkeys({tuple(modules)}))"
    run = f"runpy.run_module('{program}', run_name='__main__', alter_sys=True)"
    return (sys.executable, "-c", f"{hide}; {run}") if modules else (sys.executable, "-m", program)


@contextmanager
def certified() -> Iterator[tuple[str, ssl.SSLContext]]:
    """Give a file with a certificate and its key, and a client's side that trusts it."""
    import trustme  # an optional part of the project

    authority = trustme.CA()
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with authority.issue_cert(HOST).private_key_and_cert_chain_pem.tempfile() as certificate:
        yield certificate, trusted


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
    bare = spoken("uvicorn", DJANGO, *flags, patience=HANGS_SECONDS)
    full = spoken("uvicorn", DJANGO, *flags, body=BODY)
    start = f"it is started with `{' '.join(flags)}` and the request has"
    return Seen(
        held={
            "it is started without flags": usual == HTTP_2,
            f"{start} no body": bare == HTTP_2,
            f"{start} a body": full == HTTP_2,
        },
        evidence={"without flags": usual, "with them, no body": bare, "with them, a body": full},
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
        held=(usual, flagged) == ("HTTP/1.1", HTTP_2),
        evidence={"without flags": usual, "with them": flagged},
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
    missing, installed = (
        spoken("daphne", DJANGO, tls=tls, without=H2),
        spoken("daphne", DJANGO, tls=tls),
    )
    return Seen(
        held={
            "`h2` and `priority` are not installed": missing != HTTP_2,
            "they are installed": installed != HTTP_2,
        },
        evidence={"without h2 and priority": missing, "with them": installed},
    )


daphne_speaks_no_http2.falls_when("there is no TLS: then it never speaks HTTP/2", tls=False)


@daphne_speaks_no_http2.beside(
    "FastAPI", "daphne speaks HTTP/2 for a FastAPI application when those modules are installed."
)
def fastapi_on_daphne_by_http2() -> Seen:
    """Offer HTTP/2 over TLS to daphne with a FastAPI application."""
    by = spoken("daphne", FASTAPI)
    return Seen(held=by == HTTP_2, evidence={"answered by": by})


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
        held={"it is asked over TLS": secure == HTTP_2, "in clear text": clear == HTTP_2},
        evidence={"TLS": secure, "clear text": clear},
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
    return Seen(held=secure == clear == HTTP_2, evidence={"TLS": secure, "clear text": clear})
