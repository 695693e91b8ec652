"""What `compare claims` runs: `list` gives the catalogue, `run MODULE ID` what was seen."""

import json
import sys
from collections.abc import Mapping

from experiments.catalogue import Group, modules, of_module
from experiments.claim import Claim, code, see, verdict

# isort: split
from experiments.apparatus.tables import make_tables  # has models, so Django must be set up

USAGE = "python -m experiments list | run MODULE ID [usual|beside|wrong]"


def main(does: str = "", module: str = "", id: str = "", side: str = "usual") -> None:
    """Answer with one JSON value, which is the last line of the output."""
    match does, side:
        case "list", _:
            answer: object = [
                described(group, module, claim)
                for group, module in modules()
                for claim in of_module(module)
            ]
        case "run", "usual" | "beside" | "wrong":
            answer = outcome(module, id, side)
        case _:
            sys.exit(USAGE)
    print("\n" + json.dumps(answer))


def outcome(module: str, id: str, side: str) -> dict[str, object]:
    """Run one side of a claim: {"verdict": …, "evidence": {…}}."""
    return outcome_of({claim.id: claim for claim in of_module(module)}[id], side)


def outcome_of(claim: Claim, side: str) -> dict[str, object]:
    """Run one side of a claim: its experiment, its counterpart, or what turns its verdict."""
    make_tables()
    if side == "beside":
        if claim.counterpart is None:
            sys.exit(f"{claim.id} has no counterpart")
        seen = see(claim.counterpart.experiment)
        return {"verdict": verdict(seen), "evidence": words(seen.evidence)}
    if side == "wrong" and claim.wrong is None:
        sys.exit(f"{claim.id} has nothing that turns its verdict")
    seen = see(claim.experiment, **claim.wrong.changes if side == "wrong" and claim.wrong else {})
    return {"verdict": verdict(seen, claim.since), "evidence": words(seen.evidence)}


def words(evidence: Mapping[str, object]) -> dict[str, str]:
    """Give evidence as a reader sees it."""
    return {name: str(value) for name, value in evidence.items()}


def described(group: Group, module: str, claim: Claim) -> dict[str, object]:
    """Give what the catalogue says of a claim."""
    sides = [(claim.framework, claim.sentence, code(claim.experiment, claim.shows))]
    if counterpart := claim.counterpart:
        text = code(counterpart.experiment, counterpart.shows)
        sides.append((counterpart.framework, counterpart.sentence, text))
    plain = ("id", "numbers", "about", "instead", "why", "database", "missing", "timed")
    return {
        **{name: getattr(claim, name) for name in plain},
        "module": module,
        "group": group.name,
        "heading": group.heading,
        "turns": claim.wrong.sentence if claim.wrong else "",
        "sides": [
            {"framework": framework, "sentence": sentence, "code": text}
            for framework, sentence, text in sides
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
