"""Bring the composition up, check both services through its front door, and kill a replica of each.

Run it with `python -m compose`. It ends with 0 when all is well, 1 when something is not, 2
when there is no Docker engine to run it on, and 130 after Ctrl-C; whatever it started is gone then.
"""

import sys
from itertools import permutations

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from compare.running import databases, stopping
from compose.composition import (
    REPLICAS,
    SERVICES,
    Broken,
    Composition,
    Unusable,
    composed,
    run,
)
from compose.killing import kill_among_creates, require, start_again

CHECK = (sys.executable, "-m", "compare", "check")
CHECK_SECONDS = 900.0
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


def main() -> int:
    """Run it all and give the exit code."""
    try:
        with stopping.clean_exit():
            print(f"starting {REPLICAS} replicas of {' and '.join(SERVICES)}", flush=True)
            with composed(SERVICES) as composition:
                sentences = check_and_kill(composition)
    except Unusable as error:
        print(f"not run: {error}", file=sys.stderr)
        return UNUSABLE
    except Broken as error:
        print(f"failed: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    print("\n".join(["all is well:", *sentences]))
    return 0


def check_and_kill(composition: Composition) -> list[str]:
    """Check and kill one service after the other, and give what was found, a sentence each."""
    sentences = [check_that_roles_are_apart(composition)]
    sentences += [check(composition, service) for service in SERVICES]
    for service in SERVICES:
        print(f"killing a replica of {service} among creates", flush=True)
        victim = composition.replicas(service)[0]
        sentences.append(kill_among_creates(composition, service, victim))
        sentences.append(start_again(composition, service, victim))
    return sentences


def check_that_roles_are_apart(composition: Composition) -> str:
    """Try each service's role on the database of the other; Broken when it gets in."""
    for service, other in permutations(SERVICES, 2):
        url = make_url(composition.database_url(service)).set(database=other)
        try:
            databases.engine(url.render_as_string(hide_password=False)).connect().close()
        except OperationalError as error:
            require("permission denied" in str(error), f"the database says: {error}")
        else:
            raise Broken(f"the role of {service} opens the database of {other}")
    return "each role opens the database of its own service only"


def check(composition: Composition, service: str) -> str:
    """Run the contract suite through the front door; Broken when a clause is not kept."""
    url = composition.url(service)
    print(f"checking the contract at {url}", flush=True)
    # One service after the other, since they share the simulator of the upstreams.
    command = [*CHECK, f"--url={url}", f"--token={composition.token}"]
    command += [f"--database={composition.database_url(service)}"]
    command += [f"--upstreams={composition.upstreams_url}"]
    print(run(*command, seconds=CHECK_SECONDS), flush=True)
    return f"{service}: the contract is kept through the front door"


if __name__ == "__main__":
    sys.exit(main())
