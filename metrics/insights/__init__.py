"""What changed, since when, why, what it is worth and what to do next: from the published file, without any I/O."""
