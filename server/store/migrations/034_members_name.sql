-- Rosters are compared by name, some hundreds at a time.
CREATE INDEX members_name ON members (name);
