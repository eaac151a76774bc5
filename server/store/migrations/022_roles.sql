-- Who held which role from when to when, how it passed from one to the next, and how the first administrator begins.

-- Counts the changes of roles on the organisation: whoever changes them names the number that was read, so that of two
-- who take away the last two administrators in the same moment one loses.
ALTER TABLE orgs ADD COLUMN roles_revision INT NOT NULL DEFAULT 0;

-- Every grant and every end of one; rows are only ever added. since is when the role that ended here had begun, so that
-- each end is a whole term. by_member is 0 for the operator's command and the setup code. handover_id is 0 for changes
-- made one by one.
CREATE TABLE IF NOT EXISTS role_log (
  id BIGINT NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  role VARCHAR(16) NOT NULL,
  act VARCHAR(8) NOT NULL,
  at BIGINT NOT NULL,
  since BIGINT NOT NULL DEFAULT 0,
  by_member BIGINT NOT NULL DEFAULT 0,
  reason VARCHAR(200) NOT NULL DEFAULT '',
  handover_id BIGINT NOT NULL DEFAULT 0
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX role_log_org ON role_log (org_id, id);

CREATE INDEX role_log_member ON role_log (member_id, id);

-- moved is JSON: what passed from one to the other, so that it can be given back within a day.
CREATE TABLE IF NOT EXISTS handovers (
  id BIGINT NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  from_member BIGINT NOT NULL,
  to_member BIGINT NOT NULL,
  moved TEXT NOT NULL,
  reason VARCHAR(200) NOT NULL DEFAULT '',
  by_member BIGINT NOT NULL,
  client_key VARCHAR(64) NOT NULL,
  at BIGINT NOT NULL,
  undone_at BIGINT NOT NULL DEFAULT 0,
  undone_by BIGINT NOT NULL DEFAULT 0,
  UNIQUE (by_member, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX handovers_org ON handovers (org_id, id);

-- Codes with which the first administrator begins. Only the SHA-256 is kept; the newest row counts.
CREATE TABLE IF NOT EXISTS setup_codes (
  id BIGINT NOT NULL PRIMARY KEY,
  code_hash VARCHAR(64) NOT NULL,
  expires_at BIGINT NOT NULL,
  tries INT NOT NULL DEFAULT 0,
  used_at BIGINT NOT NULL DEFAULT 0,
  used_by BIGINT NOT NULL DEFAULT 0
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
