"""Django's admin is there when DJANGO_ADMIN=1, and costs nothing when it is not."""

import re
import subprocess
from collections.abc import Callable, Iterator

import httpx
import pytest

from compare.registry.environment import environment, settings
from compare.registry.project import PROJECT_ROOT
from compare.registry.servers import PYTHON
from compare.registry.services import SERVICES
from compare.running import databases, launch
from shared import seed

DJANGO = SERVICES["django"]
CREATE_SUPERUSER = (PYTHON, "manage.py", "createsuperuser", "--noinput")
CREDENTIALS = {"username": "chief", "password": "a password of the test"}


@pytest.fixture(scope="module")
def admin(sqlite: databases.Databases) -> Iterator[httpx.Client]:
    """A client of the service with the admin on, and a superuser to log in as."""
    url = sqlite.create("admin")
    launch.migrate(DJANGO, url, DJANGO_ADMIN="1")
    seed.fill(databases.engine(url))
    superuser = {
        "DJANGO_ADMIN": "1",
        "DJANGO_SUPERUSER_USERNAME": CREDENTIALS["username"],
        "DJANGO_SUPERUSER_PASSWORD": CREDENTIALS["password"],
        "DJANGO_SUPERUSER_EMAIL": "chief@example.org",
    }
    env = environment(settings(DJANGO, url, "http://127.0.0.1", **superuser))
    subprocess.run(CREATE_SUPERUSER, cwd=PROJECT_ROOT, env=env, check=True)
    with (
        launch.running(
            DJANGO,
            database_url=url,
            upstreams_url="http://127.0.0.1",
            overrides={"DJANGO_ADMIN": "1"},
        ) as running,
        httpx.Client(base_url=running.url, timeout=30, trust_env=False) as client,
    ):
        yield client


def test_admin_asks_who_you_are(admin: httpx.Client) -> None:
    """Nobody sees anything without logging in."""
    answer = admin.get("/admin/")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/admin/login/?next=/admin/"


def test_admin_shows_the_three_models(admin: httpx.Client) -> None:
    """Authors, posts and tags can be listed and edited after logging in."""
    form = admin.get("/admin/login/").text
    csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert csrf is not None
    login = admin.post("/admin/login/", data=CREDENTIALS | {"csrfmiddlewaretoken": csrf[1]})
    assert login.status_code == 302, login.text
    for model in ("author", "post", "tag"):
        assert admin.get(f"/admin/django_app/{model}/").status_code == 200
        assert admin.get(f"/admin/django_app/{model}/1/change/").status_code == 200


def test_admin_has_its_style_sheets(admin: httpx.Client) -> None:
    """The pages look as Django's admin does."""
    assert admin.get("/static/admin/css/base.css").status_code == 200


def test_contract_holds_beside_the_admin(admin: httpx.Client) -> None:
    """A create needs no CSRF token: a program sends it, not a browser's form."""
    new = {"title": "T", "body": "B", "author_id": 1}
    assert admin.post("/posts", json=new).status_code == 201


def test_without_the_setting_there_is_no_admin(client_of: Callable[[str], httpx.Client]) -> None:
    """The path is unknown."""
    assert client_of("django").get("/admin/").status_code == 404
