"""What no client should send: mutated requests, slow ones, endless ones, thousands of idle ones."""
