"""Figures of this machine: how fast records land, marts build, files publish, KPIs run and the first page draws.

Benchmarks print and never block; what must hold is held by tests. Ratios compare with something measured in the
same run.
"""
