-- The official account as the second way to a person's phone.

-- channel is the way that was tried last, or is to be tried: subscribe or official. earlier counts the calls on the way
-- before it. since is when the first call began that may have been accepted.
ALTER TABLE deliveries ADD COLUMN channel VARCHAR(10) NOT NULL DEFAULT 'subscribe';

ALTER TABLE deliveries ADD COLUMN earlier INT NOT NULL DEFAULT 0;

ALTER TABLE deliveries ADD COLUMN since BIGINT NOT NULL DEFAULT 0;

-- Those who follow the official account; openid is of that account. A row is deleted when somebody leaves it. seen_at is
-- when the list was last found to hold them.
CREATE TABLE IF NOT EXISTS followers (
  openid VARCHAR(64) NOT NULL PRIMARY KEY,
  unionid VARCHAR(64) NOT NULL DEFAULT '',
  seen_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX followers_unionid ON followers (unionid);

CREATE INDEX users_unionid ON users (unionid);
