"""Which services and which database a command was asked for, or what is wrong with them."""

import shlex
from collections.abc import Sequence

from compare.commands.endings import fail
from compare.commands.unknown import advice
from compare.errors import DatabaseError
from compare.registry.services import DEFAULT_PAIR, HOW_TO_INSTALL, SERVICES, Service
from compare.running import databases
from compare.terminal.console import err


def chosen_services(
    names: Sequence[str] | None, database: str, usual: Sequence[str] = DEFAULT_PAIR
) -> list[Service]:
    """Give the services of these names, the usual ones for none, or say what is wrong with one."""
    kind = databases.kind_of(database)
    for name in names or ():
        if name not in SERVICES:
            fail(f"no service is named {name!r}; {advice(name, SERVICES)}")
        if missing := SERVICES[name].missing:
            fail(f"{name} needs {', '.join(missing)}: {HOW_TO_INSTALL}")
        if kind not in SERVICES[name].databases:
            fail(f"{name} runs on {' and '.join(SERVICES[name].databases)} only")
    return [SERVICES[name] for name in dict.fromkeys(names or usual)]


def installed_services(database: str) -> list[str]:
    """Name every service that runs here on this kind of database; the others are said, and left."""
    kind = databases.kind_of(database)
    fitting = [service for service in SERVICES.values() if kind in service.databases]
    for service in fitting:
        if service.missing:
            line = f"left out: {service.name} needs {', '.join(service.missing)}"
            err.print(line, markup=False, soft_wrap=True)
    return [service.name for service in fitting if not service.missing]


def chosen_database(database: str | None, resumed: str = "") -> str:
    """Give the database to measure on: PostgreSQL if none is named, or SQLite if it does not start.

    That it had to be SQLite is said: there the async driver is a thread, and one lock decides
    creates. An interrupted run, whose command `resumed` is, goes on where it was.
    """
    words = shlex.split(resumed)
    if database:
        return database
    if "--database" in words:
        return words[words.index("--database") + 1]
    try:
        with databases.open("postgres"):
            return "postgres"
    except DatabaseError as error:
        reason = str(error).partition(";")[0]
        err.print(f"on SQLite, since {reason}", markup=False, soft_wrap=True)
        return "sqlite"


def say_what_is_used(database: str) -> None:
    """Open a database of the reader's once, so that a wrong URL is said first."""
    if database not in databases.EMBEDDED:
        with databases.open(database) as source:
            err.print(f"{source.label}: fresh databases beside yours, dropped at the end")
