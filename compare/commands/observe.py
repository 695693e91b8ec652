"""`compare observe`: what each service does where the contract leaves it the choice."""

from rich.table import Table

from compare.commands.choosing import chosen_services, installed_services
from compare.commands.endings import one_line
from compare.commands.options import Names
from compare.results.surveys import by_answer
from compare.survey.observed import observe_servers
from compare.terminal.console import out
from compare.terminal.progress import live

DATABASE = "sqlite"


def observe(services: Names = None) -> None:
    """Print what HTTP leaves open or a server decides, question by question; nothing is judged.

    `compare survey servers` puts the same on the page.
    """
    chosen = chosen_services(services or installed_services(DATABASE), DATABASE)
    with one_line(), live() as progress:
        observations = observe_servers(chosen, progress.counting(len(chosen)))
    table = Table("left open by HTTP or decided by the server", "services")
    for question, answers in by_answer(observations).items():
        table.add_section()
        table.add_row(question, style="bold")
        for answer, names in answers.items():
            table.add_row(answer, ", ".join(names))
    out.print(table)
