"""What can run: services, the servers that run them, and the environment they are started in."""
