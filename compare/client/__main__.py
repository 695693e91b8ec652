"""The closed-loop client, a process of its own: it loads one service for a turn, and then waits.

Each line of its input is an order, each line of its output the turn that came of it. Its
connections stay open between turns. No answer is cut off: when its time is over a turn sends
nothing more, waits for what is under way, and counts that and the time it took.
"""

import asyncio
import signal
import sys
import time
from contextlib import suppress

from compare.client.connection import Connection
from compare.client.order import ORDERS, TURNS, Kept, Order, Turn


class Connections:
    """The connections that were made so far, by the URL of their service."""

    def __init__(self) -> None:
        self._connections: dict[str, list[Connection]] = {}

    async def take(self, order: Order) -> Turn:
        """Take a turn; what fails in it is counted as an error."""
        connections, turn = await self._opened(order), Turn()
        cpu_seconds, began_at_seconds = time.process_time(), time.perf_counter()
        until_seconds = began_at_seconds + order.seconds
        asking = [_ask(connection, order, turn, until_seconds) for connection in connections]
        await asyncio.gather(*asking)
        turn.duration_seconds = time.perf_counter() - began_at_seconds
        turn.client_cpu_seconds = time.process_time() - cpu_seconds
        return turn

    async def _opened(self, order: Order) -> list[Connection]:
        """Give the connections of a turn, open: no time of it passes meanwhile."""
        connections = self._connections.setdefault(order.url, [])
        while len(connections) < order.concurrency:
            connections.append(Connection(order.url))
        for connection in connections[order.concurrency :]:
            connection.close()
        with suppress(OSError, TimeoutError):  # the turn will find that out
            async with asyncio.timeout(order.patience_seconds):
                for connection in connections[: order.concurrency]:
                    await connection.open()
        return connections[: order.concurrency]


async def _ask(connection: Connection, order: Order, turn: Turn, until_seconds: float) -> None:
    """Ask again and again on one connection, until the time is over or an answer fails to come."""
    answered = 0
    while answered < order.fewest_answers or time.perf_counter() < until_seconds:
        question = order.draw()
        path, body = question.draw()
        asked_at_seconds = time.perf_counter()
        try:
            async with asyncio.timeout(order.patience_seconds):
                status, received = await connection.ask(question.method, path, body)
        except TimeoutError:
            connection.close()
            turn.errors[f"no answer within {order.patience_seconds:g} s"] += 1
            return
        except OSError as error:
            turn.errors[str(error)] += 1
            return
        seconds = time.perf_counter() - asked_at_seconds
        turn.add(question, Kept(path, body, status, received), seconds)
        answered += 1


async def serve() -> None:
    """Take orders until the input ends."""
    connections, loop = Connections(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        turn = await connections.take(ORDERS.validate_json(line))
        sys.stdout.buffer.write(TURNS.dump_json(turn) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    asyncio.run(serve())
