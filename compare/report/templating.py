"""The environment that every template of the instrument is rendered in."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str = "compare.report") -> Environment:
    """Make the environment of a package's templates: what is put in is escaped, and must exist."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
