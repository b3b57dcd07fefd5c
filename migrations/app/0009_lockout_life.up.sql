-- no transaction
-- Attempts go when they no longer count, which the project's settings say. The default is for processes of the version before.
ALTER TABLE _gatehouse_lockout
  ADD COLUMN IF NOT EXISTS expires_at timestamptz NOT NULL DEFAULT now() + interval '90 days';
DROP INDEX CONCURRENTLY IF EXISTS _gatehouse_lockout_expires;
CREATE INDEX CONCURRENTLY _gatehouse_lockout_expires ON _gatehouse_lockout (expires_at);
DROP INDEX CONCURRENTLY IF EXISTS _gatehouse_lockout_last_attempt;
