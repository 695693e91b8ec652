"""Print what each service does where the contract leaves it the choice.

Run it with `python -m tests.observed [SERVICE…]`; every service that is installed by default.
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from compare.complaints import chosen_services, everything, one_line
from compare.survey.observed import observe_servers
from compare.surveyed import by_answer

DATABASE = "sqlite"


def main(names: Annotated[list[str] | None, typer.Argument(metavar="[SERVICE]...")] = None) -> None:
    """Print each question, and under it each answer with the services that gave it."""
    chosen = chosen_services(names or everything(DATABASE), DATABASE)
    console = Console()
    with one_line():
        observations = observe_servers(
            chosen, lambda name: console.print(f"asking {name}", style="dim")
        )
    table = Table("left open by HTTP or decided by the server", "services")
    for question, answers in by_answer(observations).items():
        table.add_section()
        table.add_row(question, style="bold")
        for said, services in answers.items():
            table.add_row(said, ", ".join(services))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
