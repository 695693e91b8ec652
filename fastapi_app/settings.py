"""The settings of the FastAPI service, from environment variables."""

from typing import Literal

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import HTTPURL, Count, DatabaseURL, Seconds, Token, complaint


class Settings(BaseSettings):
    """What the environment decides; a wrong value stops the service at its start."""

    model_config = SettingsConfigDict(case_sensitive=True, hide_input_in_errors=True)

    # The settings that both services have
    ASYNC_MODEL: Literal["async", "blocking"] = "async"
    DATABASE_URL: DatabaseURL = "sqlite:///fastapi.sqlite3"
    DATABASE_POOL_SIZE: Count = 16
    DATABASE_TIMEOUT_SECONDS: Seconds = 5.0
    UPSTREAMS_URL: HTTPURL = "http://127.0.0.1:9000"
    UPSTREAM_TIMEOUT_SECONDS: Seconds = 1.0
    API_TOKEN: Token = ""

    # FastAPI's own: the threads that `def` endpoints run on
    THREAD_LIMIT: Count = 16
    # The driver of the async model on PostgreSQL
    POSTGRESQL_DRIVER: Literal["psycopg", "asyncpg"] = "psycopg"


class SettingsError(Exception):
    """A setting has a wrong value."""


def read_settings() -> Settings:
    """Read the environment; SettingsError names, in one line, a variable with a wrong value."""
    try:
        return Settings()
    except ValidationError as error:
        name = error.errors(include_input=False)[0]["loc"][0]
        raise SettingsError(complaint(str(name), error)) from None


settings = read_settings()
