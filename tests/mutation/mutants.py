"""The mutants of a module as mutmut makes them: each is the module with one small change.

Of mutmut only what makes mutants is used: it runs tests in its own process, and a service has one
of its own. What is made here is what its command makes, but for trampolines: the mutated source.
"""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.matchers import Name, matches
from mutmut.mutation.file_mutation import Mutation, create_mutations, deep_replace

CONTEXT_LINES = 0
# In front of a decorator's lines: mutmut leaves decorated functions alone, since its own way to
# switch between mutants would run their decorators many times.
HIDDEN = "#hidden#"


@dataclass(frozen=True)
class Mutant:
    """A module's source with one change; `place` is the function, `diff` the lines that differ."""

    module: str
    place: str
    diff: str
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """Know it again, also when lines above it have moved."""
        return self.place, self.diff


def mutants(module: str, source: str) -> list[Mutant]:
    """Give the mutants of a module; the same change at another place of a function is another."""
    tree, mutations, *_ = create_mutations(module, _with_decorators_hidden(source))
    told_apart = filter(_tells_more, mutations)
    sources = {_mutated(tree, mutation): _place(tree, mutation) for mutation in told_apart}
    sources.pop(source, None)
    made: dict[tuple[str, str], Mutant] = {}
    for mutated, place in sources.items():
        diff = "\n".join(_changed_lines(source, mutated))
        mutant = Mutant(module, place, diff, mutated)
        while mutant.key in made:
            mutant = Mutant(module, f"{mutant.place}, again", diff, mutated)
        made[mutant.key] = mutant
    return list(made.values())


def _tells_more(mutation: Mutation) -> bool:
    """Leave out what tells little, two mutants of three, so that the others take no night.

    That is a text in another case, since mutmut puts other letters around it as well; and None in
    the place of a value, and a call without one of its positional arguments: nearly all of these
    stop the service, or fail the first request that comes by.
    """
    old, new = mutation.original_node, mutation.mutated_node
    match old, new:
        case cst.SimpleString(), cst.SimpleString():
            return old.value.lower() != new.value.lower()
        case cst.Call(args=before), cst.Call(args=after) if before != after:
            left_out = next(arg for arg in before if arg not in after)
            return len(after) < len(before) and left_out.keyword is not None
        case _, cst.Assign(value=value) | cst.AnnAssign(value=value):
            return value is None or not matches(value, Name("None"))
    return True


def _with_decorators_hidden(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                for number in range(decorator.lineno, (decorator.end_lineno or 0) + 1):
                    lines[number - 1] = HIDDEN + lines[number - 1]
    return "".join(lines)


def _mutated(tree: cst.Module, mutation: Mutation) -> str:
    changed = deep_replace(tree, mutation.original_node, mutation.mutated_node)
    assert isinstance(changed, cst.Module)
    return changed.code.replace(HIDDEN, "")


def _place(tree: cst.Module, mutation: Mutation) -> str:
    function = mutation.contained_by_top_level_function
    if function is None:
        return "the module"
    for statement in tree.body:
        if isinstance(statement, cst.ClassDef) and function in statement.body.body:
            return f"{statement.name.value}.{function.name.value}"
    return function.name.value


def _changed_lines(source: str, mutated: str) -> Iterator[str]:
    lines = difflib.unified_diff(source.splitlines(), mutated.splitlines(), n=CONTEXT_LINES)
    for line in list(lines)[2:]:
        if not line.startswith("@@"):
            yield line[0] + line[1:].strip()
