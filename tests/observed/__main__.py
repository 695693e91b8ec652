"""Print what each service does where the contract leaves it the choice.

Run it with `python -m tests.observed [SERVICE…]`; every service that is installed by default.
"""

import sys

from rich.console import Console
from rich.table import Table

from compare import stopping
from compare.observed import by_answer, observe_servers
from compare.services import SERVICES

DATABASE = "sqlite"


def main(names: list[str]) -> None:
    """Print each question, and under it each answer with the services that gave it."""
    here = [
        each.name for each in SERVICES.values() if not each.missing and DATABASE in each.databases
    ]
    console = Console()
    with stopping.clean_exit():
        observations = observe_servers(
            [SERVICES[name] for name in names or here],
            lambda name: console.print(f"asking {name}", style="dim"),
        )
    table = Table("left open by HTTP or decided by the server", "services")
    for question, answers in by_answer(observations).items():
        table.add_section()
        table.add_row(question, style="bold")
        for said, services in answers.items():
            table.add_row(said, ", ".join(services))
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
