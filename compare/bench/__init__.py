"""Measure: scenarios, blocks, timed runs, gates, costs, and the verdicts that they allow."""
