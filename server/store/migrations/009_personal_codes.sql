-- Personal codes, and the rosters that phones have taken along to places without signal.

-- A member's code is made from the server's secret and the generation, so that nothing here is secret. Members without a
-- row have generation 1.
CREATE TABLE IF NOT EXISTS personal_codes (
  member_id BIGINT NOT NULL PRIMARY KEY,
  generation INT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Who has taken which event's roster along, and until when it can be opened; neither the roster nor its key is kept.
-- event_revision is the event's at that time, and tells whether it has changed since.
CREATE TABLE IF NOT EXISTS roster_packs (
  id BIGINT NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL,
  event_revision INT NOT NULL,
  member_id BIGINT NOT NULL,
  device VARCHAR(60) NOT NULL DEFAULT '',
  people INT NOT NULL,
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX roster_packs_expiry ON roster_packs (expires_at);
