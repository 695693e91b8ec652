"""What HTTP leaves open, or a server decides and not the service: printed, never judged."""
