"""Django's admin for the three models; reachable when DJANGO_ADMIN=1."""

from django.contrib import admin

from .models import Author, Post, Tag


class TagInline(admin.TabularInline):  # type: ignore[type-arg]  # generic for mypy only
    """The tags of a post, edited with it."""

    model = Tag
    extra = 0


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Authors, by name."""

    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Posts with their tags, newest first."""

    list_display = ["title", "author", "published", "published_at"]
    list_filter = ["published"]
    list_select_related = ["author"]
    ordering = ["-id"]
    search_fields = ["title"]
    inlines = [TagInline]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Tags, each with its post."""

    list_display = ["name", "post"]
    list_select_related = ["post"]
    search_fields = ["name"]
