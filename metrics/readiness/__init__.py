"""The Four-Pillar scorecard: what an agent must show before people rely on it, each criterion judged from evidence."""
