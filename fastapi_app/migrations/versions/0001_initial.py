"""The three tables, with their indexes and constraints."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def id_column() -> sa.Column[int]:
    """Make a column that counts up by itself, on either database."""
    type_ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", type_, sa.Identity(), primary_key=True)


def reference(name: str, target: str) -> sa.Column[int]:
    """Make a foreign key that is checked when the transaction commits, as Django's are."""
    key = sa.ForeignKey(target, deferrable=True, initially="DEFERRED")
    return sa.Column(name, sa.BigInteger(), key, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "author",
        id_column(),
        sa.Column("name", sa.String(100), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "post",
        id_column(),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        reference("author_id", "author.id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tag",
        id_column(),
        sa.Column("name", sa.String(50), nullable=False),
        reference("post_id", "post.id"),
        sa.UniqueConstraint("post_id", "name", name="tag_post_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("post_author", "post", ["author_id"])
    op.create_index("post_published_id", "post", ["published", "id"])
    op.create_index("tag_name_post", "tag", ["name", "post_id"])


def downgrade() -> None:
    """Drop the tables, and all that is in them."""
    for table in ("tag", "post", "author"):
        op.drop_table(table)
