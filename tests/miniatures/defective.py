"""The service with the defect that MINIATURE_DEFECT names, put together when this is imported."""

import os
import sys
from types import ModuleType

import tests.miniatures
from tests.miniatures.defects import DEFECTS, SOURCES


def load(name: str, source: str) -> ModuleType:
    """Make a module of the service from its source; those that it imports come before it."""
    module = ModuleType(name)
    sys.modules[name] = module
    setattr(tests.miniatures, name.rpartition(".")[2], module)
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


sources = DEFECTS[os.environ["MINIATURE_DEFECT"]].applied(SOURCES)
if __name__ == "__main__":
    for name in ("tests.miniatures.shapes", "tests.miniatures.posts"):
        posts = load(name, sources[name])
    posts.migrate()
else:
    for name, source in sources.items():
        service = load(name, source)
    application = service.application
