-- Sites where branches study, who keeps them, and visits outside of events.

-- Coordinates are in millionths of a degree (GCJ-02); both are NULL when the site has none. closed_at is 0 while it is open.
-- plate_key is the secret behind the plate, plate_generation counts its renewals.
CREATE TABLE IF NOT EXISTS sites (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(20) NOT NULL,
  name VARCHAR(60) NOT NULL,
  address VARCHAR(120) NOT NULL DEFAULT '',
  lat BIGINT NULL,
  lng BIGINT NULL,
  radius INT NOT NULL DEFAULT 0,
  org_id BIGINT NOT NULL,
  introduction VARCHAR(2000) NOT NULL DEFAULT '',
  opening VARCHAR(120) NOT NULL DEFAULT '',
  closed_at BIGINT NOT NULL DEFAULT 0,
  plate_key VARCHAR(64) NOT NULL,
  plate_generation INT NOT NULL DEFAULT 1,
  plate_since BIGINT NOT NULL,
  created_by BIGINT NOT NULL,
  client_key VARCHAR(64) NULL,
  revision INT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (created_by, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX sites_org ON sites (org_id, id);

-- Keepers by name, beside those who hold the role on the site's organisation or above.
CREATE TABLE IF NOT EXISTS site_keepers (
  site_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  PRIMARY KEY (site_id, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX site_keepers_member ON site_keepers (member_id, site_id);

-- A visit is no event: nobody is expected, and it never counts as a meeting. ended_at is 0 until it is ended early.
CREATE TABLE IF NOT EXISTS site_visits (
  id BIGINT NOT NULL PRIMARY KEY,
  site_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  note VARCHAR(100) NOT NULL DEFAULT '',
  opens_at BIGINT NOT NULL,
  closes_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL DEFAULT 0,
  created_by BIGINT NOT NULL,
  client_key VARCHAR(64) NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (created_by, client_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX site_visits_site ON site_visits (site_id, closes_at);

-- org_id is the member's own organisation at the time.
CREATE TABLE IF NOT EXISTS site_visitors (
  visit_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  position VARCHAR(12) NOT NULL DEFAULT 'none',
  PRIMARY KEY (visit_id, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX site_visitors_member ON site_visitors (member_id, at);

-- The site at which an event is held; 0 when it is held elsewhere.
ALTER TABLE events ADD COLUMN site_id BIGINT NOT NULL DEFAULT 0;

CREATE INDEX events_site ON events (site_id, checkin_closes_at);
