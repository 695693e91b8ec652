"""A FastAPI application for servers to run: one endpoint, and a WebSocket beside it."""

import asyncio
import os

from fastapi import FastAPI, WebSocket

application = FastAPI()


@application.get("/")
async def tell() -> dict[str, int]:
    """Say which process answers."""
    await asyncio.sleep(0)
    return {"process": os.getpid()}


@application.websocket("/")
async def echo(websocket: WebSocket) -> None:
    """Send back what comes over a WebSocket."""
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)
