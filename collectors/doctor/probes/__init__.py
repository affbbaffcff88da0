"""One module a probe of the account; adding the file adds the probe."""
