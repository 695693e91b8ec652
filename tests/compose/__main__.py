"""Bring the composition up, check both services through its front door, and kill a replica of each.

Run it with `python -m tests.compose`. It ends with 0 when all is well, 1 when something is not, 2
when there is no Docker engine to run it on, and 130 after Ctrl-C; whatever it started is gone then.
"""

import sys

from compare.contract import suite
from compare.contract.outcomes import clauses
from compare.errors import CheckError
from compare.running import stopping
from compare.terminal import tables
from tests.compose.composition import REPLICAS, Broken, Composition, Unusable, composed
from tests.compose.killing import kill_among_creates, require, start_again

SERVICES = ("django", "fastapi")
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


def main() -> int:
    """Run it all and give the exit code."""
    try:
        with stopping.clean_exit():
            print(f"starting {REPLICAS} replicas of {' and '.join(SERVICES)}", flush=True)
            with composed(SERVICES) as composition:
                found = check_and_kill(composition)
    except Unusable as error:
        print(f"not run: {error}", file=sys.stderr)
        return UNUSABLE
    except (Broken, CheckError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    print("\n".join(["all is well:", *found]))
    return 0


def check_and_kill(composition: Composition) -> list[str]:
    """Check and kill one service after the other, and give what was found, a sentence each."""
    found = [check(composition, service) for service in SERVICES]
    for service in SERVICES:
        print(f"killing a replica of {service} among creates", flush=True)
        victim = composition.replicas(service)[0]
        found.append(kill_among_creates(composition, service, victim))
        found.append(start_again(composition, service, victim))
    return found


def check(composition: Composition, service: str) -> str:
    """Run the contract suite through the front door; Broken when a clause is not kept."""
    url = composition.url(service)
    print(f"checking the contract at {url}", flush=True)
    options = [f"--url={url}", f"--token={composition.token}"]
    # One service after the other, since they share the simulator of the upstreams.
    options += [f"--database={composition.database_url(service)}"]
    options += [f"--upstreams={composition.upstreams_url}"]
    outcomes = suite.check([options], lambda outcome, total: None)
    tables.print_contract(outcomes, clauses())
    failures = sum(outcome.outcome == "failed" for outcome in outcomes)
    require(not failures, f"{service}: {failures} tests of the contract failed")
    passed = sum(outcome.outcome == "passed" for outcome in outcomes)
    return f"{service}: {passed} tests of the contract passed through the front door"


if __name__ == "__main__":
    sys.exit(main())
