"""The tables that the two services make are the same, and each runs on the other's."""

from typing import Any

import pytest
from sqlalchemy import Inspector, inspect, text

from compare.registry.services import SERVICES, Service
from compare.running import databases, launch
from tests.support.serving import serving

DJANGO, FASTAPI = SERVICES["django"], SERVICES["fastapi"]
TABLES = ("author", "post", "tag")
# SQLAlchemy's inspector cannot tell from SQLite when a foreign key is checked.
DEFERRED_KEYS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE tbl_name IN ('post', 'tag')"
    " AND sql LIKE '%REFERENCES%DEFERRABLE INITIALLY DEFERRED%'",
    "postgresql": "SELECT count(*) FROM pg_constraint WHERE condeferred"
    " AND conrelid IN ('post'::regclass, 'tag'::regclass)",
}


def read_back(service: Service, source: databases.Databases) -> dict[str, Any]:
    """Migrate a fresh database with the service's own tool, and read its tables back."""
    url = source.create(service.name)
    launch.migrate(service, url)
    engine = databases.engine(url)
    inspector = inspect(engine)
    with engine.connect() as connection:
        deferred = connection.scalar(text(DEFERRED_KEYS[engine.dialect.name]))
    return {"deferred keys": deferred} | {table: facts(inspector, table) for table in TABLES}


def facts(inspector: Inspector, table: str) -> dict[str, Any]:
    """Say what a table is made of."""
    columns = inspector.get_columns(table)
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in columns
        },
        "counts up": {column["name"]: column.get("identity") for column in columns},
        "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
        "foreign keys": [
            (key["constrained_columns"], key["referred_table"])
            for key in inspector.get_foreign_keys(table)
        ],
        "unique": [key["column_names"] for key in inspector.get_unique_constraints(table)],
        "indexes": sorted(
            (str(index["name"]), index["column_names"], index["unique"])
            for index in inspector.get_indexes(table)
        ),
    }


def test_both_services_make_the_same_tables(source: databases.Databases) -> None:
    """Columns, types, nullability, keys and indexes are equal, read back from the database."""
    tables = read_back(DJANGO, source)
    assert tables == read_back(FASTAPI, source)
    assert tables["deferred keys"] == 2


@pytest.mark.parametrize(("service", "maker"), [(DJANGO, FASTAPI), (FASTAPI, DJANGO)])
def test_each_service_runs_on_tables_that_the_other_made(
    service: Service, maker: Service, source: databases.Databases
) -> None:
    """It reads the list and a post, and creates one, on the other's tables."""
    new = {"title": "Swapped", "body": "Both ways.", "author_id": 1, "tags": ["b", "a"]}
    with serving(service, source, tables_of=maker) as client:
        assert len(client.get("/posts").json()["posts"]) == 20
        created = client.post("/posts", json=new)
        assert created.status_code == 201
        assert client.get(created.headers["Location"]).json() == created.json()
        assert client.post("/posts", json=new | {"tags": ["a", "a"]}).status_code == 409
