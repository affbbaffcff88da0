-- table: insight_notes
-- grain: one row per decision of a person about a finding or an issue
-- replaces: true
-- column note_id: id of the entry
-- column agent_id: the agent
-- column subject: insight (one finding) or issue (all findings of one signature)
-- column subject_id: id of the finding or of the issue
-- column signature: what stays the same when the same thing happens again: agent, number, direction and part
-- column verb: of a finding assign, accept, dismiss, grade; of an issue assign, resolve, ignore, mute, unmute, reopen
-- column owner: assign: who takes care
-- column worth_raising: grade: whether the finding was worth raising; the first grade of a finding counts
-- column reason: why
-- column entered_by: who entered it
-- column entered_at: when, UTC
SELECT event_id AS note_id, agent_id, subject, subject_id, signature, verb, owner, worth_raising, reason, entered_by, entered_at
FROM raw.insight_notes
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY entered_at, record_hash) = 1
ORDER BY ALL
