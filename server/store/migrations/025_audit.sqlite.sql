-- What 025_audit.sql says, for an engine that counts rows in its own words.

-- Who did what to whom, when, from where. Rows are added and never changed, but for the link of the chain (seq, digest, hash),
-- which the sealer adds a moment later, and for looks that are past their time, which lose their content and keep their link.
-- user_id and member_id are 0 when the server did it by itself. look_key is there once for a person who looks at the same
-- thing on the same day.
CREATE TABLE IF NOT EXISTS audit_entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  action VARCHAR(40) NOT NULL,
  subject_kind VARCHAR(16) NOT NULL,
  subject_id BIGINT NOT NULL,
  org_path VARCHAR(255) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  network VARCHAR(48) NOT NULL,
  detail VARCHAR(2000) NOT NULL,
  look_key VARCHAR(120) NULL UNIQUE,
  seq BIGINT NULL UNIQUE,
  digest CHAR(64) NOT NULL DEFAULT '',
  hash CHAR(64) NOT NULL DEFAULT '',
  erased SMALLINT NOT NULL DEFAULT 0
);

CREATE INDEX audit_entries_at ON audit_entries (at, id);

CREATE INDEX audit_entries_org ON audit_entries (org_path, at);

CREATE INDEX audit_entries_member ON audit_entries (member_id, at);

CREATE INDEX audit_entries_subject ON audit_entries (subject_kind, subject_id, at);

CREATE INDEX audit_entries_action ON audit_entries (action, erased, at);

-- The last link of the chain; whoever seals must first move it on.
CREATE TABLE IF NOT EXISTS audit_head (
  id SMALLINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash CHAR(64) NOT NULL
);

INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
