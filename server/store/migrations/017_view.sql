-- What the secretary does when a message reached nobody, and how many messages a member gets in a month.

-- Each act of ticking "told by phone", and of taking that back: the highest revision of a person and a piece of news holds.
-- news_id is the reminder with which the news began.
CREATE TABLE IF NOT EXISTS phone_calls (
  news_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  revision INT NOT NULL,
  event_id BIGINT NOT NULL,
  told SMALLINT NOT NULL,
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  client_key VARCHAR(64) NULL,
  PRIMARY KEY (news_id, member_id, revision),
  UNIQUE (by_member, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- How many messages a month the people of an organisation, and of those below it, may get at most before the less
-- important ones stay in the inbox; 0 is no limit of its own.
CREATE TABLE IF NOT EXISTS reminder_ceilings (
  org_id BIGINT NOT NULL PRIMARY KEY,
  ceiling INT NOT NULL,
  set_by BIGINT NOT NULL,
  set_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- A member's messages of a month, with the reminder that says of which kind.
CREATE INDEX deliveries_load ON deliveries (member_id, state, updated_at, reminder_id);
