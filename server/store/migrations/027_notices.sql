-- What one server has learnt about sending, for all of them and across restarts; and what became of work that was given up.

-- Until when WeChat takes no more messages of a channel.
CREATE TABLE IF NOT EXISTS send_holds (
  channel VARCHAR(16) NOT NULL PRIMARY KEY,
  held_until BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- Jobs that died and that somebody has decided not to try again, with who, when and why.
CREATE TABLE IF NOT EXISTS dropped_jobs (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(32) NOT NULL,
  payload TEXT NOT NULL,
  attempts INT NOT NULL,
  problem VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  died_at BIGINT NOT NULL,
  dropped_at BIGINT NOT NULL,
  dropped_by BIGINT NOT NULL,
  reason VARCHAR(200) NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX dropped_jobs_at ON dropped_jobs (dropped_at);
