-- What a person has allowed to be sent to them, what is to be sent, what became of it, and the inbox.

-- The stock of accepted taps of one WeChat identity for one template, as far as it is known here.
CREATE TABLE IF NOT EXISTS grants (
  user_id BIGINT NOT NULL,
  template_id VARCHAR(64) NOT NULL,
  remaining INT NOT NULL DEFAULT 0,
  setting VARCHAR(8) NOT NULL DEFAULT 'unknown',
  revision INT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, template_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Every change of that stock. The phone and WeChat both tell of the same tap: matched says that both have.
-- client_key makes a repeated report of the phone do nothing; NULL when there is none.
CREATE TABLE IF NOT EXISTS grant_entries (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  template_id VARCHAR(64) NOT NULL,
  cause VARCHAR(8) NOT NULL,
  source VARCHAR(8) NOT NULL,
  delta INT NOT NULL,
  client_key VARCHAR(64) NULL,
  matched SMALLINT NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  UNIQUE (user_id, template_id, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- The plan: state is planned, expanded or withdrawn. revision is the event's when the reminder was planned. told is what
-- members had been told before a change, as JSON. rounds counts the transactions in which it has been expanded.
CREATE TABLE IF NOT EXISTS reminders (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  revision INT NOT NULL,
  kind VARCHAR(12) NOT NULL,
  state VARCHAR(10) NOT NULL,
  due_at BIGINT NOT NULL,
  urgent SMALLINT NOT NULL DEFAULT 0,
  told VARCHAR(2000) NOT NULL DEFAULT '',
  rounds INT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (event_id, kind, revision)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- One reminder to one member: state is pending, sending, sent, refused, failed or skipped. attempt counts the calls to
-- WeChat. doubt is 1 when a call may have been accepted although nobody knows, 2 while the one repeat that may settle it
-- is under way.
CREATE TABLE IF NOT EXISTS deliveries (
  reminder_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL DEFAULT 0,
  template_id VARCHAR(64) NOT NULL DEFAULT '',
  state VARCHAR(8) NOT NULL,
  code INT NOT NULL DEFAULT 0,
  reason VARCHAR(60) NOT NULL DEFAULT '',
  attempt INT NOT NULL DEFAULT 0,
  doubt SMALLINT NOT NULL DEFAULT 0,
  msg_id VARCHAR(32) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (reminder_id, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX deliveries_event ON deliveries (event_id);

CREATE INDEX deliveries_user ON deliveries (user_id, template_id, updated_at);

CREATE TABLE IF NOT EXISTS messages (
  id BIGINT NOT NULL PRIMARY KEY,
  member_id BIGINT NOT NULL,
  reminder_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL DEFAULT 0,
  kind VARCHAR(12) NOT NULL,
  title VARCHAR(80) NOT NULL,
  body VARCHAR(1000) NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL DEFAULT 0,
  UNIQUE (reminder_id, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX messages_member ON messages (member_id, id);
