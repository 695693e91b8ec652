"""The settings of the FastAPI service, from environment variables."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, PositiveInt
from pydantic_settings import BaseSettings

Seconds = Annotated[FiniteFloat, Field(gt=0)]
DatabaseURL = Annotated[str, Field(pattern="^(sqlite|postgres|postgresql)://")]


class Settings(BaseSettings):
    """What the environment decides; a wrong value stops the service at its start."""

    # The settings that both services have
    ASYNC_MODEL: Literal["async", "blocking"] = "async"
    DATABASE_URL: DatabaseURL = "sqlite:///fastapi.sqlite3"
    DATABASE_POOL_SIZE: PositiveInt = 16
    DATABASE_TIMEOUT_SECONDS: Seconds = 5.0
    UPSTREAMS_URL: str = "http://127.0.0.1:9000"
    UPSTREAM_TIMEOUT_SECONDS: Seconds = 1.0
    API_TOKEN: str = ""

    # FastAPI's own: the threads that `def` endpoints run on
    THREAD_LIMIT: PositiveInt = 16
    # The driver of the async model on PostgreSQL
    POSTGRESQL_DRIVER: Literal["psycopg", "asyncpg"] = "psycopg"


settings = Settings()
