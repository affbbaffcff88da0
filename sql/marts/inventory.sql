-- table: inventory
-- grain: one row per resource of an account × state, with the time it held (half-open)
-- replaces: true
-- column account_id: AWS account
-- column region: AWS Region
-- column kind: runtime, runtime_version, runtime_endpoint, runtime_config, bedrock_agent, bedrock_alias, bedrock_agent_config, inference_profile, guardrail, guardrail_version, state_machine, function, function_alias, gateway, memory; with _tags: the kept tags of one
-- column resource_id: id within the kind
-- column parent_id: the resource it is part of
-- column name: its name
-- column arn: its ARN
-- column version: version it is or serves
-- column status: status as AWS states it
-- column facts: what else is kept of it, JSON; never values of environment variables
-- column updated_at: AWS's own time of the last change, UTC
-- column valid_from: from when on it was so, UTC: AWS's own time where it fits the looks, else when it was first seen
-- column valid_to: until when, UTC, exclusive; NULL = still so
-- column first_seen_at: first listing that showed it so, UTC
-- column last_seen_at: latest listing that showed it so, UTC
SELECT account_id, region, kind, resource_id, parent_id, name, arn, version, status, facts::JSON AS facts, updated_at, valid_from,
    valid_to, first_seen_at, last_seen_at
FROM int_inventory ORDER BY account_id, region, kind, resource_id, valid_from
