-- Reminders that are not about everybody an event expects: to one member, or about an organisation's month.

-- org_id is the organisation that a reminder about no event is about, else 0; event_id is then 0. recipient_id is the one
-- member it goes to, 0 when the kind says to whom. subject tells reminders of one kind and event apart: the request that
-- was decided, or month and rung. told also holds what the words need besides the event.
ALTER TABLE reminders MODIFY COLUMN kind VARCHAR(16) NOT NULL;

ALTER TABLE reminders ADD COLUMN org_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE reminders ADD COLUMN recipient_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE reminders ADD COLUMN subject VARCHAR(40) NOT NULL DEFAULT '';

CREATE UNIQUE INDEX reminders_once ON reminders (event_id, org_id, kind, revision, subject);

DROP INDEX event_id ON reminders;

CREATE INDEX reminders_due ON reminders (kind, state, due_at);

ALTER TABLE messages MODIFY COLUMN kind VARCHAR(16) NOT NULL;

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
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Which groups of reminders a member does not want in WeChat: news, before or record.
CREATE TABLE IF NOT EXISTS mutes (
  member_id BIGINT NOT NULL,
  topic VARCHAR(12) NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member_id, topic)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Why a branch is not to be asked about a month (2026-12): reason is a code, note what the secretary adds.
CREATE TABLE IF NOT EXISTS quiet_months (
  org_id BIGINT NOT NULL,
  month CHAR(7) NOT NULL,
  reason VARCHAR(16) NOT NULL,
  note VARCHAR(100) NOT NULL DEFAULT '',
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (org_id, month)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
