DROP TABLE _gatehouse_outbox, _gatehouse_finished_sign_in, _gatehouse_otp, _gatehouse_lockout, _gatehouse_lease,
  _gatehouse_revocation, _gatehouse_denied_token, _gatehouse_access_token, _gatehouse_authorization_code, _gatehouse_refresh,
  _gatehouse_session, _gatehouse_need, _gatehouse_flow_finished, _gatehouse_consumed;
DROP FUNCTION _gatehouse_refresh_use(text, uuid, text, timestamptz, text, integer, text, boolean, timestamptz, timestamptz,
  timestamptz, timestamptz, text, text, bytea, timestamptz);
DROP FUNCTION _gatehouse_session_lives(text, uuid, timestamptz, timestamptz);
DROP FUNCTION _gatehouse_user_facts(text, text);
DROP FUNCTION _gatehouse_user_active(_auth_user, timestamptz);
DROP FUNCTION _gatehouse_consume(text, text, bytea, date, uuid);
DROP FUNCTION _gatehouse_require(boolean, text);
