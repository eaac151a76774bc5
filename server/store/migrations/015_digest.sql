-- Several reminders of one kind that fall together for a member are one message.

-- lead_id is the reminder that was sent first of those that fall together, 0 when there is none.
ALTER TABLE reminders ADD COLUMN lead_id BIGINT NOT NULL DEFAULT 0;

-- also names the reminders that this delivery's message tells of besides its own, joined by commas; lead_id is the reminder
-- whose message to the member tells of this one.
ALTER TABLE deliveries ADD COLUMN also VARCHAR(100) NOT NULL DEFAULT '';

ALTER TABLE deliveries ADD COLUMN lead_id BIGINT NOT NULL DEFAULT 0;
