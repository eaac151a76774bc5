-- What members ask for: leave before an event, a make-up after it. And what the roll marked several at once, to undo it.

-- open_mark is 0 while the request is open and its own id afterwards: nobody has two open requests for one event.
-- client_key makes a repeated request answer with the first one.
CREATE TABLE IF NOT EXISTS attendance_requests (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  kind VARCHAR(12) NOT NULL,
  wanted VARCHAR(12) NOT NULL,
  reason VARCHAR(100) NOT NULL,
  state VARCHAR(12) NOT NULL,
  open_mark BIGINT NOT NULL DEFAULT 0,
  client_key VARCHAR(64) NOT NULL,
  decided_by BIGINT NOT NULL DEFAULT 0,
  decided_at BIGINT NOT NULL DEFAULT 0,
  decision_reason VARCHAR(100) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (member_id, client_key),
  UNIQUE (event_id, member_id, open_mark)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX attendance_requests_state ON attendance_requests (state, id);

-- Pictures for a request, as the server drew them anew; request_id is 0 until the request is made.
CREATE TABLE IF NOT EXISTS attendance_evidence (
  id BIGINT NOT NULL PRIMARY KEY,
  member_id BIGINT NOT NULL,
  request_id BIGINT NOT NULL DEFAULT 0,
  picture MEDIUMBLOB NOT NULL,
  created_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX attendance_evidence_request ON attendance_evidence (request_id);

CREATE INDEX attendance_evidence_member ON attendance_evidence (member_id, request_id);

-- One act of the roll on several people.
CREATE TABLE IF NOT EXISTS roll_batches (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  by_member BIGINT NOT NULL,
  client_key VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  undone_at BIGINT NOT NULL DEFAULT 0,
  UNIQUE (by_member, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- What the row said before, and the revision that the act led to; undone is 1 when it was put back.
CREATE TABLE IF NOT EXISTS roll_batch_items (
  batch_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  revision INT NOT NULL,
  from_status VARCHAR(12) NOT NULL,
  from_source VARCHAR(12) NOT NULL,
  from_at BIGINT NOT NULL,
  from_recorded_by BIGINT NOT NULL,
  from_reason VARCHAR(100) NOT NULL,
  undone SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (batch_id, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
