-- Targets as they were in force: what ledger.toml said (given_*), and from which day to which it held. withdrawn_on: no longer said.
CREATE TABLE ops.target_history (
    agent_id VARCHAR NOT NULL, kpi VARCHAR NOT NULL, target DOUBLE, limit_kind VARCHAR, given_from DATE, given_to DATE,
    given_on DATE, valid_from DATE, valid_to DATE, withdrawn_on DATE
);
INSERT INTO ops.target_history
SELECT agent_id, kpi, target, limit_kind, valid_from, valid_to, NULL, valid_from, valid_to, NULL FROM config.targets;
