"""How far a number moved between two sets of tasks, on their common mix, with limits that hold at every look."""
