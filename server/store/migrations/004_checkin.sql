-- Attendance: one row per event and member, every change of it, and the scans that were refused.

-- op_id tells, after the commit, whether this request made the row or found it: it makes a retry exact.
-- expected is fixed when the event closes; before that it is worked out from the roster.
CREATE TABLE IF NOT EXISTS attendance (
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
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX attendance_member ON attendance (member_id, event_id);

-- Appended to whenever a row of attendance is changed; revision is the one the change led to.
CREATE TABLE IF NOT EXISTS attendance_changes (
  event_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  revision INT NOT NULL,
  from_status VARCHAR(12) NOT NULL,
  to_status VARCHAR(12) NOT NULL,
  source VARCHAR(12) NOT NULL,
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  reason VARCHAR(100) NOT NULL DEFAULT '',
  PRIMARY KEY (event_id, member_id, revision)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Refused scans, for review and counting; event_id is 0 when the code named none. Nothing of the code is kept.
CREATE TABLE IF NOT EXISTS failed_scans (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  reason VARCHAR(32) NOT NULL,
  at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX failed_scans_event ON failed_scans (event_id, at);
