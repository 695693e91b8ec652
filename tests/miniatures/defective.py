"""The service with the defect that MINIATURE_DEFECT names, put together when this is imported."""

import os
import sys
from types import ModuleType

import tests.miniatures
from tests.miniatures.defects import DEFECTS
from tests.miniatures.sources import SOURCES


def load(sources: dict[str, str]) -> None:
    """Make the modules of the service from these sources, each before those that import it."""
    for name, source in sources.items():
        module = ModuleType(name)
        sys.modules[name] = module
        setattr(tests.miniatures, name.rpartition(".")[2], module)
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)


load(DEFECTS[os.environ["MINIATURE_DEFECT"]].applied(SOURCES))
application = sys.modules["tests.miniatures.service"].application

if __name__ == "__main__":
    sys.modules["tests.miniatures.posts"].migrate()
