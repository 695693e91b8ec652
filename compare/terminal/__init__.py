"""What a person sees in a terminal or a log: progress while something runs, tables after it."""
