"""Threads that serve request after request; Django's own way is a new one for each."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from .body import ASGIApplication, ASGIReceive


def on_reused_threads(application: ASGIApplication, limit: int) -> ASGIApplication:
    """Run the blocking parts of each request on one of `limit` threads, the least busy one.

    The thread's database connection can then be kept for the next request. asgiref asks that no
    two requests use an executor at the same time; here they do, once more than `limit` are in
    flight. A transaction is one call on the thread, so that they never meet inside one.
    """
    threads = [ThreadPoolExecutor(max_workers=1) for _ in range(limit)]
    requests_of: Counter[ThreadPoolExecutor] = Counter(dict.fromkeys(threads, 0))

    async def application_on_reused_thread(scope: Any, receive: ASGIReceive, send: Any) -> None:
        thread, _ = min(requests_of.items(), key=lambda item: item[1])
        requests_of[thread] += 1
        try:
            async with ThreadSensitiveContext(executor=thread):
                await application(scope, receive, send)
        finally:
            requests_of[thread] -= 1

    return application_on_reused_thread
