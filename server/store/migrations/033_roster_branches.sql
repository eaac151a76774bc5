-- What the file calls a branch that is not known, and what the person says about it: '' for leave out, create or map.
-- org_id is the organisation it stands for; of one that is to be created, the id that it will get.
CREATE TABLE IF NOT EXISTS roster_import_branches (
  import_id BIGINT NOT NULL,
  position INT NOT NULL,
  name VARCHAR(40) NOT NULL,
  decision VARCHAR(8) NOT NULL DEFAULT '',
  org_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (import_id, position)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

-- branch is the position above; 0 for a row whose branch is known, or that names none. remarks is the part of the sentence
-- that does not depend on the roster.
ALTER TABLE roster_import_rows ADD COLUMN branch INT NOT NULL DEFAULT 0;

ALTER TABLE roster_import_rows ADD COLUMN remarks VARCHAR(400) NOT NULL DEFAULT '';
