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

-- What tokens say about a user, in one look: attributes, the claims of the identities, what is verified, effective roles.
CREATE FUNCTION _gatehouse_user_facts(app text, who text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'created_at', (extract(epoch FROM u.created_at) * 1000000)::bigint,
    'updated_at', (extract(epoch FROM u.updated_at) * 1000000)::bigint,
    'login_at', (extract(epoch FROM u.login_at) * 1000000)::bigint,
    'is_disabled', u.is_disabled, 'disable_reason', u.disable_reason,
    'standard_attributes', coalesce(u.standard_attributes, '{}'),
    'custom_attributes', coalesce(u.custom_attributes, '{}'),
    'identities', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('type', i.type, 'claims', coalesce(l.claims, o.claims, '{}'))), '[]')
      FROM _auth_identity i
      LEFT JOIN _auth_identity_login_id l ON l.id = i.id AND l.app_id = i.app_id
      LEFT JOIN _auth_identity_oauth o ON o.id = i.id AND o.app_id = i.app_id
      WHERE i.app_id = app AND i.user_id = who),
    'verified', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('name', v.name, 'value', v.value)), '[]')
      FROM _auth_verified_claim v WHERE v.app_id = app AND v.user_id = who),
    'can_reauthenticate', EXISTS (SELECT FROM _auth_authenticator a WHERE a.app_id = app AND a.user_id = who),
    'roles', (
      SELECT coalesce(jsonb_agg(r.key ORDER BY r.key), '[]') FROM _auth_role r WHERE r.app_id = app AND r.id IN (
        SELECT ur.role_id FROM _auth_user_role ur WHERE ur.app_id = app AND ur.user_id = who
        UNION ALL
        SELECT gr.role_id FROM _auth_user_group ug JOIN _auth_group_role gr
          ON gr.app_id = ug.app_id AND gr.group_id = ug.group_id
        WHERE ug.app_id = app AND ug.user_id = who)))
  FROM _auth_user u WHERE u.app_id = app AND u.id = who
$$;

-- Whether the IdP session that a grant hangs on lives. `idle_since`: not used since then means idle; NULL: no idle timeout.
CREATE FUNCTION _gatehouse_session_lives(app text, session uuid, at timestamptz, idle_since timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM _gatehouse_session s
    WHERE s.app_id = app AND s.id = session AND s.revoked_at IS NULL AND s.expires_at > at
      AND (idle_since IS NULL OR s.last_access_at > idle_since))
$$;

-- One use of a refresh token whose secret was found authentic (`by_key`, `by_generation`), or that has to equal the adopted
-- hash. Locks the family, decides, rotates, writes the opaque access token, all in one round trip. Answers what happened
-- instead of failing, because a revocation for reuse has to be committed.
CREATE FUNCTION _gatehouse_refresh_use(
  app text, family uuid, client text, at timestamptz, by_key text, by_generation integer, by_hash text,
  rotate boolean, grace_since timestamptz, idle_since timestamptz, session_idle_since timestamptz,
  touch_since timestamptz, ip text, agent text, token_hash bytea, token_expires_at timestamptz,
  OUT verdict text, OUT current_generation integer, OUT wrote boolean, OUT key text, OUT who text, OUT session text,
  OUT granted_scopes text[], OUT methods text[], OUT auth_time timestamptz, OUT facts jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  f _gatehouse_refresh;
  presented integer;
  successor boolean;
BEGIN
  wrote := false;
  IF rotate THEN
    SELECT * INTO f FROM _gatehouse_refresh WHERE app_id = app AND grant_id = family FOR NO KEY UPDATE;
  ELSE
    SELECT * INTO f FROM _gatehouse_refresh WHERE app_id = app AND grant_id = family;
  END IF;
  IF f.key_id = by_key AND by_generation >= 0 THEN
    presented := by_generation;
  ELSIF f.adopted_hash = by_hash THEN
    presented := 0;
  ELSE
    verdict := 'unknown';
    RETURN;
  END IF;
  verdict := CASE
    WHEN f.client_id <> client THEN 'other_client'
    WHEN f.revoked_at IS NOT NULL THEN 'revoked'
    WHEN f.expires_at <= at OR (idle_since IS NOT NULL AND f.last_access_at <= idle_since) THEN 'expired'
    WHEN f.sso_enabled AND f.session_id IS NOT NULL
      AND NOT _gatehouse_session_lives(app, f.session_id, at, session_idle_since) THEN 'session_ended'
    WHEN NOT EXISTS (SELECT FROM _auth_user u WHERE u.app_id = app AND u.id = f.user_id
      AND _gatehouse_user_active(u, at)) THEN 'user_inactive'
    WHEN presented >= f.generation THEN 'current'
    WHEN presented = f.generation - 1 AND f.rotated_at > grace_since AND f.successor_used_at IS NULL THEN 'previous'
    ELSE 'reused'
  END;
  IF verdict = 'reused' THEN
    UPDATE _gatehouse_refresh SET revoked_at = at WHERE app_id = app AND grant_id = family;
    INSERT INTO _gatehouse_revocation (app_id, id, kind, subject)
      VALUES (app, gen_random_uuid(), 'grant', family::text);
    wrote := true;
    RETURN;
  END IF;
  IF verdict NOT IN ('current', 'previous') THEN
    RETURN;
  END IF;
  successor := verdict = 'current' AND rotate;
  IF successor THEN
    f.generation := presented + 1;
  ELSE
    f.generation := greatest(f.generation, presented);
  END IF;
  IF successor OR f.last_access_at <= touch_since OR f.generation = presented AND f.generation > 0
      AND f.successor_used_at IS NULL THEN
    UPDATE _gatehouse_refresh SET
      generation = greatest(generation, f.generation),
      rotated_at = CASE WHEN successor THEN at ELSE rotated_at END,
      successor_used_at = CASE WHEN successor THEN NULL WHEN generation <= presented THEN at ELSE successor_used_at END,
      last_access_at = greatest(at, last_access_at), last_ip = ip, last_user_agent = agent
      WHERE app_id = app AND grant_id = family;
    wrote := true;
  END IF;
  IF token_hash IS NOT NULL THEN
    INSERT INTO _gatehouse_access_token
      (app_id, hash, expires_on, expires_at, created_at, grant_id, user_id, client_id, scopes)
      VALUES (app, token_hash, (token_expires_at AT TIME ZONE 'UTC')::date, token_expires_at, at, family, f.user_id,
        f.client_id, f.scopes)
      ON CONFLICT DO NOTHING;
    wrote := true;
  END IF;
  current_generation := f.generation;
  key := f.key_id;
  who := f.user_id;
  session := f.session_id::text;
  granted_scopes := f.scopes;
  methods := f.amr;
  auth_time := f.authenticated_at;
  facts := _gatehouse_user_facts(app, f.user_id);
END $$;

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
