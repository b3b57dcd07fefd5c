DROP TABLE _gatehouse_outbox, _gatehouse_finished_sign_in, _gatehouse_otp, _gatehouse_lockout, _gatehouse_lease,
  _gatehouse_revocation, _gatehouse_denied_token, _gatehouse_access_token, _gatehouse_authorization_code, _gatehouse_refresh,
  _gatehouse_session, _gatehouse_need, _gatehouse_flow_finished, _gatehouse_consumed;
DROP FUNCTION _gatehouse_user_active(_auth_user, timestamptz);
DROP FUNCTION _gatehouse_consume(text, text, bytea, date, uuid);
DROP FUNCTION _gatehouse_require(boolean, text);
