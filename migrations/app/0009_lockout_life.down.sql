ALTER TABLE _gatehouse_lockout DROP COLUMN expires_at;
CREATE INDEX _gatehouse_lockout_last_attempt ON _gatehouse_lockout (last_attempt_at);
