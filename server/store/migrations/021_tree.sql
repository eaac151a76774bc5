-- How the tree of organisations changes, and what it was before.

-- An organisation that was closed keeps its row: closed_at is 0 while it works. successor_id is the one it was merged into.
ALTER TABLE orgs ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE orgs ADD COLUMN successor_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE orgs ADD COLUMN address VARCHAR(120) NOT NULL DEFAULT '';

-- Days are 2026-12-10; empty when they are not known. A term of 0 years is not known either.
ALTER TABLE orgs ADD COLUMN term_start VARCHAR(10) NOT NULL DEFAULT '';

ALTER TABLE orgs ADD COLUMN term_years SMALLINT NOT NULL DEFAULT 0;

ALTER TABLE orgs ADD COLUMN election_due VARCHAR(10) NOT NULL DEFAULT '';

-- revision counts the changes of the organisation itself. arrivals counts who and what was put under it: a close names
-- the number that it has seen, so that nobody arrives behind its back.
ALTER TABLE orgs ADD COLUMN revision INT NOT NULL DEFAULT 1;

ALTER TABLE orgs ADD COLUMN arrivals BIGINT NOT NULL DEFAULT 0;

-- One row. Whoever changes the shape of the tree names the revision that was read, so that changes come one after the
-- other. at is the instant of the last one; instants only grow.
CREATE TABLE IF NOT EXISTS org_tree (
  id BIGINT NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL,
  at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

INSERT INTO org_tree (id, revision, at) VALUES (1, 0, 0);

-- Where an organisation stood from an instant on, until the next row. One without rows has always stood where orgs says.
CREATE TABLE IF NOT EXISTS org_places (
  org_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  path VARCHAR(255) NOT NULL,
  PRIMARY KEY (org_id, at)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX org_places_at ON org_places (at);

-- Each act on an organisation: who, when, and what became what, as JSON in the words of that day.
CREATE TABLE IF NOT EXISTS org_changes (
  org_id BIGINT NOT NULL,
  revision INT NOT NULL,
  act VARCHAR(12) NOT NULL,
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  detail TEXT NOT NULL,
  client_key VARCHAR(64) NULL,
  PRIMARY KEY (org_id, revision),
  UNIQUE (by_member, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
