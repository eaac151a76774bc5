-- The tree of organisations, the people in it, and who holds which role on which organisation.
-- The comment at the end of each table is executed by the MySQL family only: names compare byte by byte everywhere.

-- path is "/id/id/…/" from the root down to the row itself, so that a subtree is one range of an index.
CREATE TABLE IF NOT EXISTS orgs (
  id BIGINT NOT NULL PRIMARY KEY,
  parent_id BIGINT NOT NULL DEFAULT 0,
  kind VARCHAR(16) NOT NULL,
  name VARCHAR(64) NOT NULL,
  path VARCHAR(255) NOT NULL,
  theme_day SMALLINT NOT NULL DEFAULT 10,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX orgs_path ON orgs (path);

-- phone_cipher is AES-256-GCM under the key named by phone_key; phone_hash is a keyed hash for finding a number.
CREATE TABLE IF NOT EXISTS members (
  id BIGINT NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  name VARCHAR(40) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  standing VARCHAR(16) NOT NULL,
  phone_hash VARCHAR(64) NOT NULL DEFAULT '',
  phone_cipher VARCHAR(200) NOT NULL DEFAULT '',
  phone_key VARCHAR(16) NOT NULL DEFAULT '',
  joined_at BIGINT NOT NULL,
  left_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX members_org ON members (org_id, id);

CREATE INDEX members_phone ON members (phone_hash);

CREATE TABLE IF NOT EXISTS role_grants (
  member_id BIGINT NOT NULL,
  role VARCHAR(16) NOT NULL,
  org_id BIGINT NOT NULL,
  granted_by BIGINT NOT NULL DEFAULT 0,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (member_id, org_id, role)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX role_grants_org ON role_grants (org_id);
