"""The miniatures as services that the contract suite starts: the correct one, each defect."""

from compare.registry.servers import PYTHON, UVICORN
from compare.registry.services import Application, Service
from tests.miniatures.defects import DEFECTS

CORRECT = Application(
    framework="no framework",
    package="tests.miniatures",
    doors={"ASGI": "tests.miniatures.service:application"},
    migrate=(PYTHON, "-m", "tests.miniatures.posts"),
    requires=("httpx", "yaml"),
).on(UVICORN, "miniature", databases=("sqlite",))
DEFECTIVE = Application(
    framework=CORRECT.framework,
    package=CORRECT.package,
    doors={"ASGI": "tests.miniatures.defective:application"},
    migrate=(PYTHON, "-m", "tests.miniatures.defective"),
    requires=("httpx", "yaml"),
)


def defective(name: str) -> Service:
    """Give the service with one defect, by the defect's name."""
    return DEFECTIVE.on(UVICORN, name, databases=CORRECT.databases, MINIATURE_DEFECT=name)


SERVICES = {CORRECT.name: CORRECT} | {name: defective(name) for name in DEFECTS}
