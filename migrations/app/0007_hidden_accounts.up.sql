-- no transaction
-- Attempts on accounts that do not exist are counted like those on accounts that do, under a user id that nobody has. What is
-- left of a deleted user goes with its age.
ALTER TABLE _gatehouse_lockout DROP CONSTRAINT IF EXISTS _gatehouse_lockout_user_id_fkey;
DROP INDEX CONCURRENTLY IF EXISTS _gatehouse_lockout_user_id;

-- Which kinds of password hash a project has, without reading them all: an account that does not exist takes as long.
CREATE OR REPLACE FUNCTION _gatehouse_hash_scheme(hash text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(substring(hash FROM '^(?:\$argon2id\$(?:v=[0-9]+\$)?[a-z0-9=,]+\$|(?:\$bcrypt-sha512\$)?\$2[aby]\$[0-9]{2}\$)'), '')
$$;
DROP INDEX CONCURRENTLY IF EXISTS _gatehouse_password_scheme;
CREATE INDEX CONCURRENTLY _gatehouse_password_scheme
  ON _auth_authenticator_password (app_id, _gatehouse_hash_scheme(password_hash));
