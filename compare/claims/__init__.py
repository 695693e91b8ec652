"""Claims about the frameworks: their experiments are run as processes, their verdicts recorded."""
