DROP FUNCTION _gatehouse_refresh_use(text, uuid, text, timestamptz, text, integer, text, boolean, timestamptz, timestamptz,
  timestamptz, timestamptz, text, text, bytea, timestamptz, text[], timestamptz, jsonb);
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
