"""Put the tables of surveys and claims into a results file of the same machine and versions."""

from collections.abc import Mapping
from pathlib import Path

from compare.errors import UnusableResults
from compare.results import provenance
from compare.results.file import read_results
from compare.results.model import Machine, Results
from compare.results.surveys import Survey


def add(results: Results, newer: Survey) -> Results:
    """Put the tables into a results file, in the place of what it had about the same.

    UnusableResults when it is of another machine or of other versions.
    """
    if not _alike(results, provenance.machine(), provenance.versions()):
        raise UnusableResults("the results are of another machine or version: run them again first")
    return results.model_copy(update={"survey": results.survey.with_newer(newer)})


def keep(newer: Results, file: Path) -> Results:
    """Keep the tables of the file that a run replaces, if machine and versions are the same."""
    try:
        replaced = read_results(file)
    except UnusableResults:
        return newer
    if not _alike(replaced, newer.machine, newer.versions):
        return newer
    return newer.model_copy(update={"survey": replaced.survey})


def _alike(results: Results, here: Machine, versions: Mapping[str, str]) -> bool:
    return results.machine.is_like(here) and results.versions == versions
