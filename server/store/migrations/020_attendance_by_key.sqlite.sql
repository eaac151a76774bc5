-- Rows are kept in the order of the key itself, as the other engines do. With a number of its own for every row and the
-- key in a second tree, each check-in went into three trees instead of two.

CREATE TABLE IF NOT EXISTS attendance_by_key (
  event_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  status VARCHAR(12) NOT NULL,
  source VARCHAR(12) NOT NULL,
  at BIGINT NOT NULL,
  recorded_by BIGINT NOT NULL DEFAULT 0,
  expected SMALLINT NOT NULL DEFAULT 1,
  position VARCHAR(12) NOT NULL DEFAULT 'none',
  reason VARCHAR(100) NOT NULL DEFAULT '',
  revision INT NOT NULL DEFAULT 1,
  op_id BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (event_id, member_id)
) WITHOUT ROWID;

INSERT INTO attendance_by_key (event_id, member_id, org_id, status, source, at, recorded_by, expected, position, reason, revision, op_id, updated_at)
SELECT event_id, member_id, org_id, status, source, at, recorded_by, expected, position, reason, revision, op_id, updated_at FROM attendance;

DROP TABLE attendance;

ALTER TABLE attendance_by_key RENAME TO attendance;

CREATE INDEX attendance_member ON attendance (member_id, event_id);
