"""What `compare claims` runs: `list` gives the catalogue, `run GROUP ID` what an experiment sees."""

import json
import sys
from collections.abc import Mapping

from .catalogue import claims, named
from .claim import Claim, see, verdict
from .site import make_tables

USAGE = "python -m experiments list | run GROUP ID [usual|beside|wrong]"


def main(does: str = "", group: str = "", id: str = "", side: str = "usual") -> None:
    """Answer with one JSON value, which is the last line of the output."""
    match does, side:
        case "list", _:
            found: object = [described(name, heading, each) for name, heading, each in claims()]
        case "run", "usual" | "beside" | "wrong":
            claim = named(group, id)
            make_tables()
            found = seen(claim, side)
        case _:
            sys.exit(USAGE)
    print("\n" + json.dumps(found))


def seen(claim: Claim, side: str) -> dict[str, object]:
    """Run one side of a claim: its experiment, its counterpart, or what turns its verdict."""
    if side == "beside":
        if claim.counterpart is None:
            sys.exit(f"{claim.id} has no counterpart")
        saw = see(claim.counterpart.experiment)
        return {"verdict": verdict(saw), "evidence": words(saw.evidence)}
    if side == "wrong" and claim.wrong is None:
        sys.exit(f"{claim.id} has nothing that turns its verdict")
    saw = see(claim.experiment, **claim.wrong.changes if side == "wrong" and claim.wrong else {})
    return {"verdict": verdict(saw, claim.since), "evidence": words(saw.evidence)}


def words(evidence: Mapping[str, object]) -> dict[str, str]:
    """Give evidence as a reader sees it."""
    return {name: str(value) for name, value in evidence.items()}


def described(name: str, heading: str, claim: Claim) -> dict[str, object]:
    """Give what the catalogue says of a claim."""
    sides = [(claim.framework, claim.sentence, claim.experiment)]
    if other := claim.counterpart:
        sides.append((other.framework, other.sentence, other.experiment))
    plain = ("id", "numbers", "about", "instead", "why", "database", "missing", "timed")
    return {
        **{each: getattr(claim, each) for each in plain},
        "group": name,
        "heading": heading,
        "turns": claim.wrong.sentence if claim.wrong else "",
        "sides": [
            {"framework": framework, "sentence": sentence, "code": claim.code(experiment)}
            for framework, sentence, experiment in sides
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
