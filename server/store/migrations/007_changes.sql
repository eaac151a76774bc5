-- What has changed that servers may remember differently: written in the transaction of the cause, read by every server
-- twice a second, and worthless after a minute.

-- kind and object_id say what changed: a user, a member, an event, or the tree of organisations (object_id 0).
CREATE TABLE IF NOT EXISTS changes (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(16) NOT NULL,
  object_id BIGINT NOT NULL,
  at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX changes_at ON changes (at);
