"""What the OpenAPI document says of the services is so, for requests that are made from it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from compare.registry.services import DEFAULT_PAIR, SERVICES, USUAL, Service
from compare.running import databases, launch
from tests.miniatures.rows import CORRECT, defective
from tests.support.serving import serving

SCHEMATHESIS = [sys.executable, "-m", "schemathesis.cli"]
SCHEMATHESIS += ["--config-file", "tests/schemathesis.toml", "run", "shared/openapi.yaml"]
TOKEN = "a-token"
# The same requests in every run, so that CI never fails by chance; without fuzzing, mostly what
# stands at the limits of the document.
BRIEFLY = ("--phases", "coverage,stateful", "--max-examples", "3", "--seed", "1")
# What it prints of a defect of the miniature: the code of a check, one for each that fits.
FOUND = {
    "no-allow": "ST204",  # wrong response to undeclared method
    "answers-with-200": "ST103",  # undocumented status code
    "refusal-names-no-scheme": "ST107",  # missing response header
    "wrong-location": "ST108",  # response header does not conform to the schema
    "time-without-zone": "ST108",  # response does not
    "unknown-fields-are-ignored": "ST201",  # schema-violating request accepted
    "nine-tags": "ST202",  # schema-valid request rejected
    "created-as-draft": "ST302",  # created resource not found
}


@pytest.fixture(scope="module")
def upstreams() -> Iterator[str]:
    """The URL of upstreams that all answer."""
    with launch.upstreams_running() as simulator:
        yield simulator.url


def complaints(
    service: Service, source: databases.Databases, upstreams: str, *options: str
) -> list[str]:
    """Run schemathesis on a service that wants a token; give the codes of what it found."""
    tables_of = SERVICES[DEFAULT_PAIR[0]]  # which the miniature can read as well
    with serving(
        service, source, tables_of=tables_of, UPSTREAMS_URL=upstreams, API_TOKEN=TOKEN
    ) as client:
        ended = subprocess.run(
            [*SCHEMATHESIS, "--url", str(client.base_url), *options],
            env=os.environ | {"API_TOKEN": TOKEN},
            capture_output=True,
            text=True,
        )
    print(ended.stdout, ended.stderr)  # with the seed, and how to send the request again
    codes = re.findall(r"❌ (ST\d+)", ended.stdout)
    assert (ended.returncode == 0) == (not codes), ended.stderr
    assert re.search(r"Tested: +6\b", ended.stdout)  # each operation of the document
    return codes


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFAULT_PAIR)
def test_service_is_what_the_document_says(
    name: str, sqlite: databases.Databases, upstreams: str
) -> None:
    """Requests within the document are taken, others refused, and every answer is declared."""
    assert complaints(SERVICES[name], sqlite, upstreams, *BRIEFLY) == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", USUAL)
def test_service_is_what_the_document_says_at_length(
    name: str, source: databases.Databases, upstreams: str
) -> None:
    """The same with hundreds of requests an operation, new ones in each run."""
    assert complaints(SERVICES[name], source, upstreams, "--max-examples", "300") == []


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", FOUND)
def test_service_with_a_defect_is_found_out(
    name: str, sqlite: databases.Databases, upstreams: str
) -> None:
    """Each check that fits the contract fails a service that is wrong in that way."""
    assert FOUND[name] in complaints(defective(name), sqlite, upstreams, *BRIEFLY)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_service_without_a_defect_is_not(sqlite: databases.Databases, upstreams: str) -> None:
    """The same miniature without a defect is what the document says."""
    assert complaints(CORRECT, sqlite, upstreams, *BRIEFLY) == []
