"""Relations: what a coroutine may touch, and what it must have loaded before."""
