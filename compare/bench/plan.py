"""What a run is to do, and the command that repeats it."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from compare.bench.scenarios import Study
from compare.bench.schedule import Limits
from compare.registry.services import Service
from compare.results.speed import Scenario
from compare.running.databases import without_password


@dataclass(frozen=True)
class Plan:
    """What to run: the first service is the baseline; `options` are those that chose its studies.

    Without `check` services are timed that may not keep the contract.
    """

    services: Sequence[Service]
    database: str
    seed: int
    profile: str
    studies: Sequence[Study]
    limits: Limits
    options: Sequence[str]
    check: bool = True

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios of all its studies."""
        return [scenario for study in self.studies for scenario in study.scenarios]

    @property
    def command(self) -> str:
        """The command that repeats this run, without a database's password."""
        names = [service.name for service in self.services]
        verb = "run" if self.check else "measure"
        command = ["compare", verb, *names, "--database", without_password(self.database)]
        command += ["--seed", str(self.seed), *self.options]
        if self.limits.blocks:
            command += ["--blocks", str(self.limits.blocks)]
        else:
            command += ["--budget", f"{self.limits.budget_seconds:g}"]
            command += ["--precision", f"{self.limits.precision:g}"]
        return shlex.join(command)
