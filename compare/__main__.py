"""Lets `python -m compare` be the `compare` command."""

from compare.cli import app

app(prog_name="compare")
