"""The commands: what each takes, what it prints, and its exit code."""
