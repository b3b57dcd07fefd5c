CREATE OR REPLACE FUNCTION _gatehouse_user_facts(app text, who text) RETURNS jsonb LANGUAGE sql STABLE AS $$
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

CREATE OR REPLACE FUNCTION _gatehouse_session_lives(app text, session uuid, at timestamptz, idle_since timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM _gatehouse_session s
    WHERE s.app_id = app AND s.id = session AND s.revoked_at IS NULL AND s.expires_at > at
      AND (idle_since IS NULL OR s.last_access_at > idle_since))
$$;
