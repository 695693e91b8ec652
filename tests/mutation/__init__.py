"""Mutants of the services, made by mutmut, that the contract suite must kill over HTTP."""
