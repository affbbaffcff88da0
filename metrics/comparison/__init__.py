"""Two versions, two agents or two periods against each other: a verdict in words that holds however often one looks."""
