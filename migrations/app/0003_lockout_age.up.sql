-- Old attempts are found by their age.
CREATE INDEX _gatehouse_lockout_last_attempt ON _gatehouse_lockout (last_attempt_at);
