"""A first async view: what must change, and what is taken for one."""
