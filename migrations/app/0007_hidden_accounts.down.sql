DROP INDEX _gatehouse_password_scheme;
DROP FUNCTION _gatehouse_hash_scheme(text);
DELETE FROM _gatehouse_lockout l WHERE NOT EXISTS (SELECT 1 FROM _auth_user u WHERE u.id = l.user_id);
ALTER TABLE _gatehouse_lockout ADD CONSTRAINT _gatehouse_lockout_user_id_fkey
  FOREIGN KEY (user_id) REFERENCES _auth_user (id) ON DELETE CASCADE;
CREATE INDEX _gatehouse_lockout_user_id ON _gatehouse_lockout (user_id);
