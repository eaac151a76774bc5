-- Invitations to bind a WeChat identity, what people ask for, and what became of every binding.

-- Of a code only a keyed hash is kept; the server makes the code anew from its secret and the id. member_id is the one
-- member of a personal invitation.
CREATE TABLE IF NOT EXISTS invitations (
  id BIGINT NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL DEFAULT 0,
  code_hash VARCHAR(64) NOT NULL,
  max_uses INT NOT NULL,
  uses INT NOT NULL DEFAULT 0,
  created_by BIGINT NOT NULL,
  client_key VARCHAR(64) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL DEFAULT 0,
  UNIQUE (code_hash),
  UNIQUE (created_by, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX invitations_org ON invitations (org_id, id);

CREATE INDEX invitations_member ON invitations (member_id);

-- open_mark is 0 while the request is open and its own id afterwards: nobody has two open requests. last4 is what the
-- asker gave of the phone number; it is forgotten with the decision.
CREATE TABLE IF NOT EXISTS binding_requests (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL DEFAULT 0,
  invitation_id BIGINT NOT NULL DEFAULT 0,
  name VARCHAR(40) NOT NULL,
  last4 VARCHAR(4) NOT NULL DEFAULT '',
  state VARCHAR(12) NOT NULL,
  open_mark BIGINT NOT NULL DEFAULT 0,
  client_key VARCHAR(64) NOT NULL,
  decided_by BIGINT NOT NULL DEFAULT 0,
  decided_at BIGINT NOT NULL DEFAULT 0,
  decision_reason VARCHAR(100) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (user_id, client_key),
  UNIQUE (user_id, open_mark)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX binding_requests_org ON binding_requests (org_id, state, id);

-- Rows are only ever added. by_member is 0 when the person did it without anybody's help.
CREATE TABLE IF NOT EXISTS binding_log (
  id BIGINT NOT NULL PRIMARY KEY,
  member_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  act VARCHAR(16) NOT NULL,
  by_member BIGINT NOT NULL DEFAULT 0,
  reason VARCHAR(100) NOT NULL DEFAULT '',
  at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX binding_log_member ON binding_log (member_id, id);
