-- What 014_reminder_subjects.sql says, for an engine that cannot change a column or drop a table's own key.

CREATE TABLE reminders_wider (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  revision INT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  state VARCHAR(10) NOT NULL,
  due_at BIGINT NOT NULL,
  urgent SMALLINT NOT NULL DEFAULT 0,
  told VARCHAR(2000) NOT NULL DEFAULT '',
  rounds INT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  org_id BIGINT NOT NULL DEFAULT 0,
  recipient_id BIGINT NOT NULL DEFAULT 0,
  subject VARCHAR(40) NOT NULL DEFAULT ''
);

INSERT INTO reminders_wider (id, event_id, revision, kind, state, due_at, urgent, told, rounds, created_at, updated_at)
SELECT id, event_id, revision, kind, state, due_at, urgent, told, rounds, created_at, updated_at FROM reminders;

DROP TABLE reminders;

ALTER TABLE reminders_wider RENAME TO reminders;

CREATE UNIQUE INDEX reminders_once ON reminders (event_id, org_id, kind, revision, subject);

CREATE INDEX reminders_due ON reminders (kind, state, due_at);

ALTER TABLE messages ADD COLUMN org_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE events ADD COLUMN remind_soon SMALLINT NOT NULL DEFAULT 0;

ALTER TABLE events ADD COLUMN remind_record_ready SMALLINT NOT NULL DEFAULT 1;

-- Which reminders the events of an organisation begin with. Organisations without a row take the product's own choice.
CREATE TABLE IF NOT EXISTS reminder_defaults (
  org_id BIGINT NOT NULL PRIMARY KEY,
  published SMALLINT NOT NULL,
  day_before SMALLINT NOT NULL,
  soon SMALLINT NOT NULL,
  record_ready SMALLINT NOT NULL,
  by_member BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Which groups of reminders a member does not want in WeChat: news, before or record.
CREATE TABLE IF NOT EXISTS mutes (
  member_id BIGINT NOT NULL,
  topic VARCHAR(12) NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member_id, topic)
);

-- Why a branch is not to be asked about a month (2026-12): reason is a code, note what the secretary adds.
CREATE TABLE IF NOT EXISTS quiet_months (
  org_id BIGINT NOT NULL,
  month CHAR(7) NOT NULL,
  reason VARCHAR(16) NOT NULL,
  note VARCHAR(100) NOT NULL DEFAULT '',
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, month)
);
