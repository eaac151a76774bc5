-- Events, the organisations that hold them, and each step of an event's life.

-- Coordinates are in millionths of a degree (GCJ-02); both are NULL when the place has none.
-- client_key makes a repeated creation answer with the first event; NULL when the client sent none.
CREATE TABLE IF NOT EXISTS events (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(20) NOT NULL,
  title VARCHAR(60) NOT NULL,
  summary VARCHAR(2000) NOT NULL DEFAULT '',
  host_org_id BIGINT NOT NULL,
  state VARCHAR(12) NOT NULL,
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  place_name VARCHAR(60) NOT NULL,
  place_address VARCHAR(120) NOT NULL DEFAULT '',
  place_lat BIGINT NULL,
  place_lng BIGINT NULL,
  place_radius INT NOT NULL DEFAULT 0,
  checkin_opens_at BIGINT NOT NULL,
  checkin_closes_at BIGINT NOT NULL,
  checkin_late_after BIGINT NOT NULL,
  remind_published SMALLINT NOT NULL DEFAULT 1,
  remind_day_before SMALLINT NOT NULL DEFAULT 1,
  code_key VARCHAR(64) NOT NULL,
  cancel_reason VARCHAR(200) NOT NULL DEFAULT '',
  created_by BIGINT NOT NULL,
  client_key VARCHAR(64) NULL,
  published_at BIGINT NOT NULL DEFAULT 0,
  closed_at BIGINT NOT NULL DEFAULT 0,
  revision INT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (created_by, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX events_starts ON events (starts_at, id);

CREATE INDEX events_ends ON events (ends_at, id);

CREATE TABLE IF NOT EXISTS event_orgs (
  event_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  part VARCHAR(8) NOT NULL,
  PRIMARY KEY (event_id, org_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX event_orgs_org ON event_orgs (org_id, event_id);

-- One row for each step (created, edited, published, cancelled, closed): who, when, why, and the client's key.
CREATE TABLE IF NOT EXISTS event_steps (
  event_id BIGINT NOT NULL,
  revision INT NOT NULL,
  step VARCHAR(12) NOT NULL,
  by_member BIGINT NOT NULL,
  at BIGINT NOT NULL,
  client_key VARCHAR(64) NOT NULL DEFAULT '',
  reason VARCHAR(200) NOT NULL DEFAULT '',
  PRIMARY KEY (event_id, revision)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
