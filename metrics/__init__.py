"""Meaning: what each KPI is, how sure a number is, and how it reads. No I/O but the published file."""
