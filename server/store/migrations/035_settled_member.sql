-- Members are shown in which records they stand.
CREATE INDEX settled_people_member ON settled_people (member_id);
