"""Who is measured: the services, the first of them twice, and the bare application as yardstick."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from compare.bench.scenarios import Study
from compare.intervals import FEWEST_BLOCKS
from compare.registry.services import Service
from compare.results.speed import SECOND_COPY, Scenario
from compare.running import databases, launch
from compare.running.processes import CORES


@dataclass(frozen=True)
class Contender:
    """A service with a migrated database of its own."""

    name: str
    service: Service
    database_url: str

    def command(self, study: Study) -> tuple[str, ...]:
        """What starts it for these scenarios; empty when it has no such application."""
        return self.service.ladder if study.application == "ladder" else self.service.command

    def turns(self, scenario: Scenario, study: Study) -> int:
        """How many turns it gets in a scenario of the study, in a block."""
        turns = study.turns_of(scenario)
        return min(turns, study.yardstick_turns) if self.service.is_yardstick else turns

    def takes(self, scenario: Scenario, study: Study, block: int) -> bool:
        """Whether it is timed in this scenario in this block.

        The yardstick is in the first blocks only: a share of it needs to be no more exact.
        """
        if not self.command(study):
            return False
        if self.service.is_yardstick and block >= FEWEST_BLOCKS:
            return False
        return scenario.async_model in (None, self.service.async_model)


def contenders(
    services: Sequence[Service], yardstick: Service | None, source: databases.Databases
) -> list[Contender]:
    """Make each service a contender, the first one, the baseline, once more, and the yardstick."""
    named = {service.name: service for service in services}
    named[services[0].name + SECOND_COPY] = services[0]
    if yardstick:
        named[yardstick.name] = yardstick
    entrants = [Contender(name, service, source.create(name)) for name, service in named.items()]
    services = [contender.service for contender in entrants]
    urls = [contender.database_url for contender in entrants]
    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(launch.migrate, services, urls))
    return entrants
