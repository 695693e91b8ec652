"""What a page of the tests shows and loads, read as a browser would."""

from functools import cache
from html.parser import HTMLParser

from compare.report import render
from tests.support.sample_results import full_results


class Resources(HTMLParser):
    """What a page loads, the scripts it has, and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, and what it loads; a link that a reader may follow loads nothing."""
        self.tags.append(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in ("src", "href") and tag != "a"
        ]

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def words(page: str) -> str:
    """Give the visible text of a page on one line."""
    return " ".join(Resources(page).text.split())


@cache
def full_page() -> str:
    """Give the page of a run of every study."""
    return render(full_results())
