-- A message that told of several events is one of the month's, not several: those that were told by another one's have its lead.
DROP INDEX deliveries_load /*! ON deliveries */;

CREATE INDEX deliveries_load ON deliveries (member_id, state, updated_at, lead_id, reminder_id);
