"""Every technical claim of ours about async Django and FastAPI, each with what decides it.

A package a group, in the order of `catalogue`; `apparatus` has what experiments are made with,
`applications` what other processes serve. Arrows point from the groups to these.
"""
