CREATE TABLE _gatehouse_need (
  app_id text NOT NULL,
  key bytea NOT NULL,
  expires_on date NOT NULL,
  answer jsonb NOT NULL,
  PRIMARY KEY (app_id, key, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE _gatehouse_need_default PARTITION OF _gatehouse_need DEFAULT;
