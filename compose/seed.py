"""Fill the database at DATABASE_URL with the seed data, unless it already has posts."""

import os

from sqlalchemy import create_engine, select

from shared import seed


def main(url: str) -> None:
    """Fill the database if its tables are empty."""
    engine = create_engine(url)
    with engine.connect() as connection:
        is_empty = connection.scalar(select(seed.author.c.id).limit(1)) is None
    if is_empty:
        seed.fill(engine)
    print(f"{engine.url.database}: {'filled' if is_empty else 'left as it was'}")


if __name__ == "__main__":
    main(os.environ["DATABASE_URL"])
