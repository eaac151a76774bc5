-- Which members have checked in from which phone, for hints only. device is a keyed hash that differs from event to event,
-- so that a phone cannot be followed; rows are deleted after a month.
CREATE TABLE IF NOT EXISTS checkin_devices (
  event_id BIGINT NOT NULL,
  device VARCHAR(32) NOT NULL,
  member_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (event_id, device, member_id)
) /*! CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */;

CREATE INDEX checkin_devices_at ON checkin_devices (at);
