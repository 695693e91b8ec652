"""Fill the databases at these URLs with the seed data, except those that already have posts."""

import sys

from sqlalchemy import create_engine, select

from shared import seed


def main(urls: list[str]) -> None:
    """Fill each database whose tables are there and empty."""
    for url in urls:
        engine = create_engine(url)
        with engine.connect() as connection:
            is_empty = connection.scalar(select(seed.author.c.id).limit(1)) is None
        if is_empty:
            seed.fill(engine)
        print(f"{engine.url.database}: {'filled' if is_empty else 'left as it was'}")


if __name__ == "__main__":
    main(sys.argv[1:])
