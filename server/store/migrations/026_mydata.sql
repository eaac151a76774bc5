-- What members ask to have put right in what is held about them. field names what; wanted is what it should be.
CREATE TABLE IF NOT EXISTS data_corrections (
  id BIGINT NOT NULL PRIMARY KEY,
  member_id BIGINT NOT NULL,
  field VARCHAR(16) NOT NULL,
  wanted VARCHAR(200) NOT NULL,
  state VARCHAR(8) NOT NULL,
  answer VARCHAR(200) NOT NULL DEFAULT '',
  answered_by BIGINT NOT NULL DEFAULT 0,
  answered_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX data_corrections_member ON data_corrections (member_id, id);

CREATE INDEX data_corrections_state ON data_corrections (state, created_at);

-- WeChat identities whose owner wants them gone, and when that is to happen; taken back by deleting the row.
CREATE TABLE IF NOT EXISTS account_closings (
  user_id BIGINT NOT NULL PRIMARY KEY,
  asked_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX account_closings_due ON account_closings (due_at);
