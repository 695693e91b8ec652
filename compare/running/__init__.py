"""Start processes, wait until they are ready, load them and stop them by their own pids."""
