-- The queue of work to be done after a commit.

-- state is ready, running, done or dead. unique_key makes the second enqueueing of the same thing do nothing.
-- running_key is serial_key while the job runs and NULL otherwise, so that the database itself refuses to run two jobs
-- of one serial_key at a time. owner names one claim: who lost the claim can no longer complete the job.
CREATE TABLE IF NOT EXISTS jobs (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(32) NOT NULL,
  unique_key VARCHAR(96) NULL,
  serial_key VARCHAR(96) NULL,
  running_key VARCHAR(96) NULL,
  payload TEXT NOT NULL,
  priority SMALLINT NOT NULL DEFAULT 0,
  state VARCHAR(8) NOT NULL,
  run_at BIGINT NOT NULL,
  owner BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  attempts INT NOT NULL DEFAULT 0,
  problem VARCHAR(200) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (unique_key),
  UNIQUE (running_key)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX jobs_due ON jobs (state, priority, run_at, id);

CREATE INDEX jobs_kept ON jobs (state, updated_at);
