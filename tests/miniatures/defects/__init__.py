"""The defects, by name."""

from tests.miniatures.defect import Defect

DEFECTS: dict[str, Defect] = {}
