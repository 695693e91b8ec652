"""The tables of the surveys as the page shows them: rows and columns from what was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from compare.results.surveys import (
    CheckedService,
    Depth,
    FaultSeen,
    Growth,
    GrowthPoint,
    ProtocolCell,
    Survey,
)

Cell = TypeVar("Cell")


@dataclass(frozen=True)
class Matrix(Generic[Cell]):
    """Rows by columns; `cells` has row -> column -> what is there, and may lack some."""

    columns: list[str]
    cells: dict[str, dict[str, Cell]]


@dataclass(frozen=True)
class GrowthTable:
    """One database's growth: `times` has (service, operation) -> posts -> the point."""

    database: str
    sizes: list[int]
    times: dict[tuple[str, str], dict[int, GrowthPoint]]
    depths: dict[str, dict[int, Depth]]
    planned: list[GrowthPoint]


def contract(survey: Survey) -> Matrix[CheckedService]:
    """Give service -> database -> how it kept the contract there."""
    return _matrix((row.service, row.database, row) for row in survey.contract)


def untested(survey: Survey) -> dict[str, str]:
    """Give clause -> why it could not be tested everywhere."""
    return {clause: why for row in survey.contract for clause, why in row.untested.items()}


def protocols(survey: Survey) -> Matrix[ProtocolCell]:
    """Give server -> protocol -> whether it speaks it."""
    return _matrix((cell.server, cell.protocol, cell) for cell in survey.protocols)


def faults(survey: Survey) -> Matrix[FaultSeen]:
    """Give fault -> service -> what it did then."""
    return _matrix((seen.fault, seen.service, seen) for seen in survey.faults)


def growth(survey: Survey) -> list[GrowthTable]:
    """Give a table for each database."""
    return [_growth_table(growth_of_database) for growth_of_database in survey.growth]


def _growth_table(growth: Growth) -> GrowthTable:
    times: dict[tuple[str, str], dict[int, GrowthPoint]] = {}
    depths: dict[str, dict[int, Depth]] = {}
    for point in growth.points:
        times.setdefault((point.service, point.operation), {})[point.posts] = point
    for depth in growth.depths:
        depths.setdefault(depth.service, {})[depth.posts] = depth
    sizes = sorted({point.posts for point in growth.points})
    largest = [point for point in growth.points if point.posts == sizes[-1] and point.plans]
    return GrowthTable(growth.database, sizes, times, depths, largest)


def _matrix(triples: Iterable[tuple[str, str, Cell]]) -> Matrix[Cell]:
    cells: dict[str, dict[str, Cell]] = {}
    columns: dict[str, None] = {}
    for row, column, cell in triples:
        cells.setdefault(row, {})[column] = cell
        columns[column] = None
    return Matrix(list(columns), cells)
