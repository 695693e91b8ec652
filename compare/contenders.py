"""Who is measured: the services, the first of them twice, and the bare application as yardstick."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare import databases, launch
from compare.measured import Scenario
from compare.scenarios import Inquiry
from compare.services import Service
from compare.statistics import AGAIN, FEWEST_BLOCKS


@dataclass(frozen=True)
class Contender:
    """A service with a migrated database of its own."""

    name: str
    service: Service
    database_url: str

    @property
    def is_again(self) -> bool:
        """Whether this is the second of the A/A pair."""
        return self.name.endswith(AGAIN)

    def command(self, inquiry: Inquiry) -> tuple[str, ...]:
        """What starts it for these scenarios; empty when it has no such application."""
        return self.service.ladder if inquiry.application == "ladder" else self.service.command

    def run_seconds(self, inquiry: Inquiry) -> float:
        """How long it is timed in each scenario of the study."""
        if self.service.is_yardstick and inquiry.yardstick_seconds:
            return inquiry.yardstick_seconds
        return inquiry.run_seconds

    def takes(self, scenario: Scenario, inquiry: Inquiry, block: int) -> bool:
        """Whether it is timed in this scenario in this block.

        The yardstick is in the first blocks only: a share of it needs to be no more exact.
        """
        if not self.command(inquiry) or (self.is_again and scenario.name not in inquiry.noisy):
            return False
        if self.service.is_yardstick and block >= FEWEST_BLOCKS:
            return False
        return scenario.async_model in (None, self.service.async_model)


def contenders(
    services: Sequence[Service], yardstick: Service | None, source: databases.Databases
) -> list[Contender]:
    """Make each service a contender, the first one, the baseline, once more, and the yardstick."""
    named = {service.name: service for service in services}
    named[services[0].name + AGAIN] = services[0]
    if yardstick:
        named[yardstick.name] = yardstick
    found = [Contender(name, each, source.create(name)) for name, each in named.items()]
    for contender in found:
        launch.migrate(contender.service, contender.database_url)
    return found
