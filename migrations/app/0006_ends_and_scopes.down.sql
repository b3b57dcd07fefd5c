DROP FUNCTION _gatehouse_user_active_until(_auth_user, timestamptz);
DROP FUNCTION _gatehouse_refresh_use(text, uuid, text, timestamptz, text, integer, text, boolean, timestamptz, timestamptz,
  timestamptz, timestamptz, text, text, bytea, timestamptz, text[]);
