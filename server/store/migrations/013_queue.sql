-- What is due is asked for by kind and priority, so that each answer is a range of this index, whatever else waits, is
-- planned for later or is finished.

DROP INDEX jobs_due /*! ON jobs */;

CREATE INDEX jobs_lane ON jobs (state, kind, priority, run_at, id);

UPDATE jobs SET priority = 1 WHERE priority > 1;

UPDATE jobs SET priority = -1 WHERE priority < -1;
