"""The contract that every service keeps: clauses, wire shapes, seed data, upstream simulator."""
