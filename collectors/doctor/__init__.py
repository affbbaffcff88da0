"""The examination of an account: what keeps records from arriving, and the exact fix."""
