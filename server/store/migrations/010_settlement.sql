-- Where people were and how they took part at a past instant, and what each close of an event has settled.

-- What a member was from an instant on, until the next row. A member without rows has always been what members says.
-- here is 0 from when somebody has left; before the first row nobody was there.
CREATE TABLE IF NOT EXISTS member_moves (
  member_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  standing VARCHAR(16) NOT NULL,
  here SMALLINT NOT NULL,
  by_member BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (member_id, at)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX member_moves_org ON member_moves (org_id, at);

-- One row for each close; revision is the event's after it. The last one counts. as_of is the instant whose roster was
-- taken. rule is empty when the kind of event needs no quorum.
CREATE TABLE IF NOT EXISTS settlements (
  event_id BIGINT NOT NULL,
  revision INT NOT NULL,
  at BIGINT NOT NULL,
  as_of BIGINT NOT NULL,
  rule VARCHAR(20) NOT NULL,
  voters INT NOT NULL,
  needed INT NOT NULL,
  present INT NOT NULL,
  PRIMARY KEY (event_id, revision)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- How that close counted each person, as the person was at as_of: later changes of the roster explain nothing away.
CREATE TABLE IF NOT EXISTS settled_people (
  event_id BIGINT NOT NULL,
  revision INT NOT NULL,
  member_id BIGINT NOT NULL,
  org_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  standing VARCHAR(16) NOT NULL,
  why VARCHAR(16) NOT NULL,
  votes SMALLINT NOT NULL,
  PRIMARY KEY (event_id, revision, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;
