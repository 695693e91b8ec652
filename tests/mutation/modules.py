"""The modules that are mutated, the services that run them, and the tests that tell most."""

from compare.registry.services import SERVICES, USUAL, Service

# What a module is about, as the tests of the contract that are asked first: most mutants die there.
FIRST = {
    "posts": ("test_list", "test_detail", "test_create"),
    "dashboard": ("test_dashboard", "test_upstream_faults"),
    "body": ("test_errors", "test_create_faults", "test_create"),
    "auth": ("test_create", "test_header_faults"),
    "middleware": ("test_http", "test_list"),
    "views": ("test_list", "test_detail", "test_create", "test_dashboard", "test_health"),
    "routes": ("test_list", "test_detail", "test_create", "test_dashboard", "test_health"),
    "errors": ("test_errors", "test_detail", "test_create", "test_shapes"),
}
# The tests beside the contract that may see a mutant of a module, where they are other than these.
OWN = ("test_wording", "test_differential")
OWN_OF = {
    "body": ("test_wording", "test_large_bodies", "test_client_failures", "test_differential"),
    "dashboard": ("test_wording", "test_upstreams_tls"),
}
FILES = {
    "django_app": ("posts", "dashboard", "body", "auth", "middleware", "views", "errors"),
    "fastapi_app": ("posts", "dashboard", "body", "auth", "middleware", "routes", "errors"),
}
BLOCKING = ("posts", "dashboard", "views", "routes")
MODULES = [
    f"{folder}/{blocking}{name}.py"
    for folder, names in FILES.items()
    for blocking in ("", "blocking/")
    for name in names
    if not blocking or name in BLOCKING
]


def first_tests(module: str) -> tuple[str, ...]:
    """Name the files of the contract suite that tell most about a module."""
    return FIRST[_name(module)]


def own_tests(module: str) -> tuple[str, ...]:
    """Name the files of tests beside the contract that may see a mutant of a module."""
    return OWN_OF.get(_name(module), OWN)


def services(module: str) -> list[Service]:
    """Give the usual services that run a module, the one that it was written for first."""
    folder, _, rest = module.partition("/")
    of_folder = [SERVICES[name] for name in USUAL if SERVICES[name].package == folder]
    is_blocking = rest.startswith("blocking/")
    return [
        service
        for service in sorted(of_folder, key=lambda service: service.async_model)
        if service.async_model == "blocking" or not is_blocking
    ]


def _name(module: str) -> str:
    return module.rpartition("/")[2].removesuffix(".py")
