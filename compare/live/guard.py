"""Who may drive the page: who has its URL, from the page itself.

Another site that is open in the same browser could send requests to a loopback address, or be a
name that resolves to it. It knows no token, its Origin is another, and so is its Host.
"""

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Guard:
    """Lets through what has the token and comes from the page; anything else gets a 403."""

    def __init__(self, application: ASGIApp, token: str, netloc: str) -> None:
        self._application = application
        self._token = token
        self._netloc = netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if reason := self._refusal(Request(scope)):
            problem = {"title": "Forbidden", "status": 403, "detail": reason}
            response = JSONResponse(problem, 403, media_type="application/problem+json")
            await response(scope, receive, send)
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                headers += [
                    (b"content-security-policy", POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"cache-control", b"no-store"),
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self._application(scope, receive, with_policy)

    def _refusal(self, request: Request) -> str:
        if request.headers.get("host") != self._netloc:
            return "the page is not served under this Host"
        if request.headers.get("origin", f"http://{self._netloc}") != f"http://{self._netloc}":
            return "another site asked"
        if not secrets.compare_digest(
            request.query_params.get("token", "").encode(), self._token.encode()
        ):
            return "the address lacks its token: open the one that was printed"
        return ""
