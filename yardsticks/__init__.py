"""What the services are compared with: a bare application, and the ladder of their costs."""
