"""The page: results in, one self-contained HTML file out, with no network and no script."""

from compare.report.beside import side_by_side
from compare.report.page import render, write

__all__ = ["render", "side_by_side", "write"]
