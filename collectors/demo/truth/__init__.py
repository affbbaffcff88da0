"""What every number of the example account must be, worked out task by task from what happened, and nothing else."""
