"""From a finding to what was done about it and whether it helped: actions with their verdicts, and what recurs."""
