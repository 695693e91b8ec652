"""What claims came to: the part of the results file that is about how the frameworks work."""

from compare.strict import Strict

NOT_ESTABLISHED = "not established here"
# The evidence of an experiment that was not run, since it needs what is not here.
NOT_INSTALLED = "not installed here"


class Side(Strict):
    """A claim about one framework: its sentence, the experiment's code, and what that found.

    `evidence` is what was counted or read, by what it is called.
    """

    framework: str
    sentence: str
    code: str
    verdict: str = ""
    evidence: dict[str, str] = {}


class Claim(Strict):
    """A claim with its experiment and, as the second of `sides`, the other framework's counterpart.

    `module` is where its experiment is, below `experiments`; `numbers` are those of the statements
    that it answers, none for a pitfall. `about` names the versions it speaks of, `instead` says
    what to do, `why` explains a verdict that is not "holds", `turns` says what would turn the
    verdict. A `timed` one is decided by a ratio with its interval.
    """

    id: str
    module: str
    group: str
    heading: str
    numbers: list[int]
    about: str
    instead: str
    why: str
    turns: str
    timed: bool
    sides: list[Side]

    @property
    def verdict(self) -> str:
        """What its own experiment decided."""
        return self.sides[0].verdict

    @property
    def sentence(self) -> str:
        """The claim itself."""
        return self.sides[0].sentence
