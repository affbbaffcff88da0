"""Looks only: pages, components, filters and the one cache. Numbers come from `metrics`."""
