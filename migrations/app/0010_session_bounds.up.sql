-- A session ends also when it is older than the lifetime that the project has now (`session_opened_since`), and with it what
-- hangs on it. The refresh grant keeps the `device` that it is told, and says when its session was last used, so that the next
-- use is written only when that is due. The function of the same name without these stays for processes of the version before;
-- the one without `wanted` is older than that.
DROP FUNCTION _gatehouse_refresh_use(text, uuid, text, timestamptz, text, integer, text, boolean, timestamptz, timestamptz,
  timestamptz, timestamptz, text, text, bytea, timestamptz);
CREATE FUNCTION _gatehouse_refresh_use(
  app text, family uuid, client text, at timestamptz, by_key text, by_generation integer, by_hash text,
  rotate boolean, grace_since timestamptz, idle_since timestamptz, session_idle_since timestamptz,
  touch_since timestamptz, ip text, agent text, token_hash bytea, token_expires_at timestamptz,
  wanted text[], session_opened_since timestamptz, device jsonb,
  OUT verdict text, OUT current_generation integer, OUT wrote boolean, OUT key text, OUT who text, OUT session text,
  OUT granted_scopes text[], OUT methods text[], OUT auth_time timestamptz, OUT session_used_at timestamptz, OUT facts jsonb)
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
  IF f.sso_enabled AND f.session_id IS NOT NULL THEN
    SELECT s.last_access_at INTO session_used_at FROM _gatehouse_session s
    WHERE s.app_id = app AND s.id = f.session_id AND s.revoked_at IS NULL AND s.expires_at > at
      AND s.created_at > session_opened_since AND (session_idle_since IS NULL OR s.last_access_at > session_idle_since);
    session := f.session_id::text;
  END IF;
  verdict := CASE
    WHEN f.client_id <> client THEN 'other_client'
    WHEN f.revoked_at IS NOT NULL THEN 'revoked'
    WHEN f.expires_at <= at OR (idle_since IS NOT NULL AND f.last_access_at <= idle_since) THEN 'expired'
    WHEN session IS NOT NULL AND session_used_at IS NULL THEN 'session_ended'
    WHEN NOT EXISTS (SELECT FROM _auth_user u WHERE u.id = f.user_id AND (u.app_id = app) IS TRUE
      AND _gatehouse_user_active(u, at)) THEN 'user_inactive'
    WHEN presented >= f.generation THEN 'current'
    WHEN presented = f.generation - 1 AND f.rotated_at > grace_since AND f.successor_used_at IS NULL THEN 'previous'
    ELSE 'reused'
  END;
  IF verdict IN ('current', 'previous') AND NOT coalesce(wanted, f.scopes) <@ f.scopes THEN
    verdict := 'scope_not_granted';
  END IF;
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
  IF successor OR coalesce(device, f.device_info) IS DISTINCT FROM f.device_info OR f.last_access_at <= touch_since
      OR f.generation = presented AND f.generation > 0 AND f.successor_used_at IS NULL THEN
    UPDATE _gatehouse_refresh SET
      generation = greatest(generation, f.generation),
      rotated_at = CASE WHEN successor THEN at ELSE rotated_at END,
      successor_used_at = CASE WHEN successor THEN NULL WHEN generation <= presented THEN at ELSE successor_used_at END,
      last_access_at = greatest(at, last_access_at), last_ip = ip, last_user_agent = agent,
      device_info = coalesce(device, device_info)
      WHERE app_id = app AND grant_id = family;
    wrote := true;
  END IF;
  IF token_hash IS NOT NULL THEN
    INSERT INTO _gatehouse_access_token
      (app_id, hash, expires_on, expires_at, created_at, grant_id, user_id, client_id, scopes)
      VALUES (app, token_hash, (token_expires_at AT TIME ZONE 'UTC')::date, token_expires_at, at, family, f.user_id,
        f.client_id, coalesce(wanted, f.scopes))
      ON CONFLICT DO NOTHING;
    wrote := true;
  END IF;
  current_generation := f.generation;
  key := f.key_id;
  who := f.user_id;
  granted_scopes := coalesce(wanted, f.scopes);
  methods := f.amr;
  auth_time := f.authenticated_at;
  facts := _gatehouse_user_facts(app, f.user_id);
END $$;
