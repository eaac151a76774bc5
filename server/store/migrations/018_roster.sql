-- When the person joined the Party, as far as it is known: 1989-06-20, 1989-06 or 1989.
ALTER TABLE members ADD COLUMN party_since VARCHAR(10) NOT NULL DEFAULT '';

-- One file that was read. The file itself is never kept. summary is JSON about the file as a whole.
CREATE TABLE IF NOT EXISTS roster_imports (
  id BIGINT NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  state VARCHAR(12) NOT NULL,
  file_name VARCHAR(80) NOT NULL,
  summary TEXT NOT NULL,
  problem VARCHAR(200) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  applied_at BIGINT NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX roster_imports_expiry ON roster_imports (expires_at);

-- What was kept of its rows, and what they mean for the roster. seen is a fingerprint of the member who was compared.
CREATE TABLE IF NOT EXISTS roster_import_rows (
  import_id BIGINT NOT NULL,
  position INT NOT NULL,
  sheet VARCHAR(40) NOT NULL,
  line INT NOT NULL,
  cell VARCHAR(12) NOT NULL,
  name VARCHAR(40) NOT NULL,
  org_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  standing VARCHAR(16) NOT NULL,
  phone_hash VARCHAR(64) NOT NULL,
  phone_cipher VARCHAR(200) NOT NULL,
  phone_key VARCHAR(16) NOT NULL,
  phone_mask VARCHAR(11) NOT NULL,
  bad_phone SMALLINT NOT NULL,
  party_since VARCHAR(10) NOT NULL,
  twice SMALLINT NOT NULL,
  verdict VARCHAR(12) NOT NULL,
  sentence VARCHAR(400) NOT NULL,
  member_id BIGINT NOT NULL,
  seen VARCHAR(16) NOT NULL,
  choices VARCHAR(24) NOT NULL,
  decision VARCHAR(8) NOT NULL DEFAULT '',
  PRIMARY KEY (import_id, position)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX roster_import_rows_verdict ON roster_import_rows (import_id, verdict, position);
