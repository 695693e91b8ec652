"""A defect as data: what is changed in the source text, and the clause that must catch it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One way to be wrong, as changes of the correct service's source text: old to new.

    A change belongs to the one file that has its old text.
    """

    name: str
    sentence: str
    clause: str
    changes: Mapping[str, str]

    def applied(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Change the sources; ValueError where an old text is not in them exactly once."""
        changed = dict(sources)
        for old, new in self.changes.items():
            count = sum(text.count(old) for text in changed.values())
            if count != 1:
                raise ValueError(f"{self.name}: found {count} times, not once: {old!r}")
            changed = {module: text.replace(old, new) for module, text in changed.items()}
        return changed
