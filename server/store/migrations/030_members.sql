-- How people are found by the way their name is said, what they do in their branch, and who goes where.

-- initials is "zgf" and pinyin "zhangguifang" of 张桂芳: lists are searched by both and sorted by the latter. Empty until the
-- server that knows them has started. enrol_key is the client's key of the request that made the row.
ALTER TABLE members ADD COLUMN initials VARCHAR(40) NOT NULL DEFAULT '';

ALTER TABLE members ADD COLUMN pinyin VARCHAR(60) NOT NULL DEFAULT '';

ALTER TABLE members ADD COLUMN enrol_key VARCHAR(80) NULL;

CREATE UNIQUE INDEX members_enrol_key ON members (enrol_key);

-- What a member does in an organisation that they belong to, such as 宣传委员. It gives no rights.
CREATE TABLE IF NOT EXISTS member_posts (
  member_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  post VARCHAR(20) NOT NULL,
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (member_id, org_id, post)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX member_posts_org ON member_posts (org_id);

-- A member whom one organisation hands over to another. pending_for is the member while it waits for the answer, so that a
-- member has one at a time, and NULL afterwards. since is from when it holds.
CREATE TABLE IF NOT EXISTS member_transfers (
  id BIGINT NOT NULL PRIMARY KEY,
  member_id BIGINT NOT NULL,
  from_org BIGINT NOT NULL,
  to_org BIGINT NOT NULL,
  state VARCHAR(10) NOT NULL,
  pending_for BIGINT NULL,
  since BIGINT NOT NULL,
  note VARCHAR(100) NOT NULL,
  by_member BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  decided_by BIGINT NOT NULL DEFAULT 0,
  decided_at BIGINT NOT NULL DEFAULT 0,
  reason VARCHAR(100) NOT NULL DEFAULT '',
  UNIQUE (pending_for)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX member_transfers_member ON member_transfers (member_id, id);

CREATE INDEX member_transfers_from ON member_transfers (from_org, id);

CREATE INDEX member_transfers_to ON member_transfers (to_org, id);
