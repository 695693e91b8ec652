"""Measure: scenarios, blocks, turns, gates, costs, and the verdicts that they allow."""
