-- Our own tables beside the contract's. Primary keys begin with app_id, then the id that a row is looked up by.

-- A condition of a batch: what must hold when it is written. SQLSTATE GH001, message = what.
CREATE FUNCTION _gatehouse_require(ok boolean, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF ok IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'GH001', MESSAGE = what;
  END IF;
END $$;

-- Everything that may be used once, remembered until its day is over.
CREATE TABLE _gatehouse_consumed (
  app_id text NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  expires_on date NOT NULL,
  attempt uuid NOT NULL,
  PRIMARY KEY (app_id, kind, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_consumed_default PARTITION OF _gatehouse_consumed DEFAULT;

-- Uses something once. GH002: this very attempt did it before (its answer was lost). GH003: somebody else did.
CREATE FUNCTION _gatehouse_consume(app text, what text, digest bytea, until date, by_attempt uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  winner uuid;
BEGIN
  INSERT INTO _gatehouse_consumed (app_id, kind, hash, expires_on, attempt)
    VALUES (app, what, digest, until, by_attempt) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN;
  END IF;
  SELECT attempt INTO winner FROM _gatehouse_consumed
    WHERE app_id = app AND kind = what AND hash = digest AND expires_on = until;
  IF winner = by_attempt THEN
    RAISE EXCEPTION USING ERRCODE = 'GH002', MESSAGE = 'already committed by this attempt';
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'GH003', MESSAGE = 'already used';
END $$;

-- The sealed result of a finished flow, for a retry with the same token and the same input.
CREATE TABLE _gatehouse_flow_finished (
  app_id text NOT NULL,
  hash bytea NOT NULL,
  input_digest bytea NOT NULL,
  sealed bytea NOT NULL,
  expires_on date NOT NULL,
  PRIMARY KEY (app_id, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_flow_finished_default PARTITION OF _gatehouse_flow_finished DEFAULT;

-- What the world answered to a flow's step, under the question's key.
CREATE TABLE _gatehouse_need (
  app_id text NOT NULL,
  key bytea NOT NULL,
  expires_on date NOT NULL,
  answer jsonb NOT NULL,
  PRIMARY KEY (app_id, key, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_need_default PARTITION OF _gatehouse_need DEFAULT;

-- Whether a user may hold sessions and tokens at this time. `is_disabled` of the contract counts until
-- `account_status_stale_from`; the columns that it is made from count always.
CREATE FUNCTION _gatehouse_user_active(u _auth_user, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT (
    (u.is_disabled AND coalesce(at AT TIME ZONE 'UTC' < u.account_status_stale_from, true))
    OR coalesce(u.is_indefinitely_disabled, false)
    OR coalesce(u.is_deactivated, false)
    OR u.is_anonymized
    OR coalesce(at AT TIME ZONE 'UTC' >= u.temporarily_disabled_from
                AND at AT TIME ZONE 'UTC' < u.temporarily_disabled_until, false)
    OR coalesce(at AT TIME ZONE 'UTC' < u.account_valid_from, false)
    OR coalesce(at AT TIME ZONE 'UTC' >= u.account_valid_until, false))
$$;

-- IdP sessions.
CREATE TABLE _gatehouse_session (
  app_id text NOT NULL,
  id uuid NOT NULL,
  user_id text NOT NULL REFERENCES _auth_user (id) ON DELETE CASCADE,
  token_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  authenticated_at timestamptz NOT NULL,
  amr text[] NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  initial_ip text NOT NULL,
  initial_user_agent text NOT NULL,
  last_access_at timestamptz NOT NULL,
  last_ip text NOT NULL,
  last_user_agent text NOT NULL,
  PRIMARY KEY (app_id, id)
);
CREATE INDEX _gatehouse_session_user ON _gatehouse_session (app_id, user_id);
CREATE INDEX _gatehouse_session_user_id ON _gatehouse_session (user_id);
CREATE INDEX _gatehouse_session_expires ON _gatehouse_session (expires_at);

-- Token families ("offline grants" of the contract), one row each, updated in place by every rotation.
CREATE TABLE _gatehouse_refresh (
  app_id text NOT NULL,
  grant_id uuid NOT NULL,
  user_id text NOT NULL REFERENCES _auth_user (id) ON DELETE CASCADE,
  client_id text NOT NULL,
  session_id uuid,
  authorization_id text,
  scopes text[] NOT NULL,
  amr text[] NOT NULL,
  created_at timestamptz NOT NULL,
  authenticated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  key_id text NOT NULL,
  generation integer NOT NULL,
  rotated_at timestamptz,
  successor_used_at timestamptz,
  adopted_hash text,
  sso_enabled boolean NOT NULL DEFAULT false,
  device_info jsonb,
  initial_ip text NOT NULL,
  initial_user_agent text NOT NULL,
  last_access_at timestamptz NOT NULL,
  last_ip text NOT NULL,
  last_user_agent text NOT NULL,
  PRIMARY KEY (app_id, grant_id)
);
CREATE INDEX _gatehouse_refresh_user ON _gatehouse_refresh (app_id, user_id);
CREATE INDEX _gatehouse_refresh_user_id ON _gatehouse_refresh (user_id);
CREATE INDEX _gatehouse_refresh_session ON _gatehouse_refresh (app_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX _gatehouse_refresh_expires ON _gatehouse_refresh (expires_at);

-- Authorization codes. `grant_id` is fixed when the code is made, so that its reuse can revoke what it gave.
CREATE TABLE _gatehouse_authorization_code (
  app_id text NOT NULL,
  hash bytea NOT NULL,
  expires_on date NOT NULL,
  expires_at timestamptz NOT NULL,
  grant_id uuid NOT NULL,
  user_id text NOT NULL,
  client_id text NOT NULL,
  data jsonb NOT NULL,
  PRIMARY KEY (app_id, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_authorization_code_default PARTITION OF _gatehouse_authorization_code DEFAULT;

-- Opaque access tokens; the first three characters of the token tell the day.
CREATE TABLE _gatehouse_access_token (
  app_id text NOT NULL,
  hash bytea NOT NULL,
  expires_on date NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  grant_id uuid NOT NULL,
  user_id text NOT NULL,
  client_id text NOT NULL,
  scopes text[] NOT NULL,
  PRIMARY KEY (app_id, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_access_token_default PARTITION OF _gatehouse_access_token DEFAULT;

-- JWT access tokens that were revoked before their time, by `jti`; opaque ones by their hash.
CREATE TABLE _gatehouse_denied_token (
  app_id text NOT NULL,
  hash bytea NOT NULL,
  expires_on date NOT NULL,
  PRIMARY KEY (app_id, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_denied_token_default PARTITION OF _gatehouse_denied_token DEFAULT;

-- What was revoked lately, for the caches of all processes.
CREATE TABLE _gatehouse_revocation (
  app_id text NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (app_id, id)
);
CREATE INDEX _gatehouse_revocation_recent ON _gatehouse_revocation (revoked_at);

CREATE TABLE _gatehouse_lease (
  process_id uuid NOT NULL PRIMARY KEY,
  renewed_at timestamptz NOT NULL
);
CREATE INDEX _gatehouse_lease_renewed ON _gatehouse_lease (renewed_at);

-- Attempts against one user; scope is an address or empty.
CREATE TABLE _gatehouse_lockout (
  app_id text NOT NULL,
  user_id text NOT NULL REFERENCES _auth_user (id) ON DELETE CASCADE,
  scope text NOT NULL,
  attempts integer NOT NULL,
  last_attempt_at timestamptz NOT NULL,
  locked_until timestamptz,
  PRIMARY KEY (app_id, user_id, scope)
);
CREATE INDEX _gatehouse_lockout_user_id ON _gatehouse_lockout (user_id);

-- One-time codes: one at a time for a purpose and a target, kept as HMACs.
CREATE TABLE _gatehouse_otp (
  app_id text NOT NULL,
  purpose text NOT NULL,
  target_hash bytea NOT NULL,
  code_mac bytea NOT NULL,
  key_id text NOT NULL,
  user_id text,
  need_key bytea,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  expires_on date NOT NULL,
  failed_attempts integer NOT NULL DEFAULT 0,
  consumed_by bytea,
  PRIMARY KEY (app_id, purpose, target_hash)
);
CREATE INDEX _gatehouse_otp_expires ON _gatehouse_otp (expires_at);

-- The result of a login on its way to whoever asked for it.
CREATE TABLE _gatehouse_finished_sign_in (
  app_id text NOT NULL,
  hash bytea NOT NULL,
  expires_on date NOT NULL,
  expires_at timestamptz NOT NULL,
  sealed text NOT NULL,
  PRIMARY KEY (app_id, hash, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_finished_sign_in_default PARTITION OF _gatehouse_finished_sign_in DEFAULT;

-- What a change owes to the outside, written with the change. Claimed with SKIP LOCKED, deleted after delivery.
CREATE TABLE _gatehouse_outbox (
  app_id text NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  user_id text NOT NULL,
  payload jsonb,
  sealed text,
  created_at timestamptz NOT NULL,
  available_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  last_error text,
  PRIMARY KEY (app_id, id)
);
CREATE INDEX _gatehouse_outbox_available ON _gatehouse_outbox (kind, available_at);
