"""The live page in a real browser: its controls, its looks, and who may drive it."""

import re
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest

from compare.live.serving import served
from compare.live.session import Session, session
from compare.registry.services import SERVICES, USUAL

sync_api = pytest.importorskip("playwright.sync_api", reason="pip install '.[dev]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install '.[dev]'")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.exhaustive,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed here"),
]


@pytest.fixture(scope="module")
def services() -> Iterator[Session]:
    """The usual services, under the tracing entry."""
    with session([SERVICES[name] for name in USUAL], "sqlite") as running:
        yield running


@pytest.fixture(scope="module")
def url(services: Session) -> Iterator[str]:
    """The page's address, with its token."""
    with served(services) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, url: str) -> Iterator[Any]:
    """The open page; a test fails when anything went to its console as an error."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.extend([line.text] * (line.type == "error")))
    open_page(page, url)
    yield page
    page.close()
    assert complaints == []


def says(page: Any, text: str | re.Pattern[str]) -> None:
    """Wait until the page's line of status says this."""
    sync_api.expect(page.locator("#status")).to_have_text(text, timeout=PATIENCE_MS)


def open_page(page: Any, url: str) -> None:
    """Open it, and wait until its upstreams are set."""
    page.goto(url)
    says(page, "")


def ask(page: Any, endpoint: str) -> str:
    """Choose an endpoint, press the button, and give what the page says at the end."""
    page.get_by_label(endpoint, exact=True).check()
    page.get_by_role("button", name="Ask", exact=True).click()
    says(page, re.compile("answered|failed"))
    said: str = page.locator("#status").inner_text()
    return said


@pytest.mark.parametrize("endpoint", ["List of posts", "One post", "Dashboard"])
def test_services_answer_alike_side_by_side(page: Any, endpoint: str) -> None:
    """Each shows its answer and its timeline, and no line of a body is marked."""
    assert ask(page, endpoint) == "4 answered; their bodies are the same."
    assert page.locator(".answer .name").all_inner_texts() == list(USUAL)
    assert page.locator(".answer mark").count() == 0
    widths = page.locator("img.timeline").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert len(widths) == 4
    assert all(widths)


def test_broken_upstream_costs_its_part(page: Any) -> None:
    """With stocks broken every dashboard says so, and still has the other two."""
    page.get_by_label("stocks").select_option(label="broken: status 503")
    says(page, re.compile("stocks: broken"))
    assert ask(page, "Dashboard") == "4 answered; their bodies are the same."
    for body in page.locator(".answer .body").all_inner_texts():
        assert '"stocks": null' in body
        assert '"temperature_celsius"' in body
    page.get_by_label("stocks").select_option(label="answers in 50 ms")


@pytest.mark.parametrize(
    ("body", "status"),
    [("a good one", 201), ("a wrong one", 422), ("a tag twice", 409), ("no JSON", 400)],
)
def test_body_decides_what_a_create_gives(page: Any, body: str, status: int) -> None:
    """The contract's statuses are there to be seen, from all four."""
    page.get_by_label("Create a post").check()
    page.get_by_label("Body").select_option(label=body)
    ask(page, "Create a post")
    assert {text.split()[0] for text in page.locator(".outcome").all_inner_texts()} == {str(status)}


def test_options_of_a_list_reach_the_services(page: Any) -> None:
    """A page of two posts has two."""
    page.get_by_label("Page size").fill("2")
    page.get_by_role("textbox", name="Tag").fill("python")
    ask(page, "List of posts")
    assert page.locator(".answer .body").first.inner_text().count('"title"') == 2


def test_services_that_are_not_chosen_are_not_asked(page: Any) -> None:
    """A service can be left out; with none, the page says what to do."""
    page.get_by_label(USUAL[0], exact=True).uncheck()
    assert ask(page, "List of posts").startswith("3 answered")
    for name in USUAL[1:]:
        page.get_by_label(name, exact=True).uncheck()
    page.get_by_role("button", name="Ask", exact=True).click()
    says(page, "Choose a service.")


def test_burst_shows_each_answer(page: Any) -> None:
    """All answers of all services arrive, with the threads and connections meanwhile."""
    page.get_by_label("Dashboard", exact=True).check()
    page.get_by_label("How many").fill("12")
    page.get_by_role("button", name="Ask many times at once").click()
    says(page, "All have answered.")
    for figures in page.locator(".figures").all_inner_texts():
        assert figures.startswith("12 of 12 answered: median ")
        threads = re.search(r"at most (\d+) threads, (\d+) connections", figures)
        assert threads
        assert int(threads[1]) > 0
    assert page.locator(".bars li").count() == 12 * 4


def test_address_holds_the_state(page: Any) -> None:
    """Whoever opens the address has the same choice, also that of the upstreams."""
    page.get_by_label("Page size").fill("7")
    page.get_by_label("weather").select_option(label="slow: 500 ms")
    page.get_by_label(USUAL[1], exact=True).uncheck()
    ask(page, "List of posts")
    open_page(page, page.url)
    assert page.get_by_label("Page size").input_value() == "7"
    assert page.get_by_label("weather").input_value() == '{"delay_seconds": 0.5}'
    assert not page.get_by_label(USUAL[1], exact=True).is_checked()
    page.get_by_label("weather").select_option(label="answers in 50 ms")


def test_page_is_driven_by_the_keyboard(page: Any) -> None:
    """Enter in a field asks; the answer is announced."""
    page.get_by_label("Page size").focus()
    page.keyboard.press("Enter")
    says(page, re.compile("answered"))
    assert page.locator("#status").get_attribute("role") == "status"


@pytest.mark.parametrize(("width", "scheme"), [*product(WIDTHS, SCHEMES)])
def test_page_is_accessible_and_fits(page: Any, tmp_path: Path, width: int, scheme: str) -> None:
    """Axe finds nothing, and nothing reaches over the side, with answers on it."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    ask(page, "Dashboard")
    broken = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in broken] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=tmp_path / f"{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_other_site_cannot_drive_it(url: str, headers: dict[str, str]) -> None:
    """Even with the token, what does not come from the page is refused."""
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 403


@pytest.mark.parametrize("path", ["/", "/live.js", "/burst", "/?token=wrong"])
def test_address_without_its_token_is_refused(url: str, path: str) -> None:
    """Who does not know the printed address gets nothing, and is told why."""
    answer = httpx.get(httpx.URL(url).copy_with(query=None).join(path), trust_env=False)
    assert answer.status_code == 403
    assert "token" in answer.json()["detail"]


def test_wrong_question_gets_a_clear_answer(url: str) -> None:
    """A request that the page would not send is a 422, as problem details."""
    answer = httpx.post(str(url).replace("/?", "/ask?"), content="{}", trust_env=False)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
