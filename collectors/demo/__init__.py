"""A seeded example account in AWS's own record shapes. Everything in it is invented."""
