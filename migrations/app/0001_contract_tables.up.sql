-- already there with table: _auth_migration
-- The app database's tables as an existing installation has them: names, types and constraints are contract.
CREATE TABLE _auth_authenticator (
    id text NOT NULL,
    app_id text NOT NULL,
    type text NOT NULL,
    user_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    is_default boolean NOT NULL,
    kind text NOT NULL
);

CREATE TABLE _auth_authenticator_oob (
    id text NOT NULL,
    app_id text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    metadata jsonb
);

CREATE TABLE _auth_authenticator_passkey (
    id text NOT NULL,
    app_id text NOT NULL,
    credential_id text NOT NULL,
    creation_options jsonb NOT NULL,
    attestation_response jsonb NOT NULL,
    sign_count bigint NOT NULL
);

CREATE TABLE _auth_authenticator_password (
    id text NOT NULL,
    app_id text NOT NULL,
    password_hash text NOT NULL,
    expire_after timestamp without time zone
);

CREATE TABLE _auth_authenticator_totp (
    id text NOT NULL,
    app_id text NOT NULL,
    secret text NOT NULL,
    display_name text NOT NULL
);

CREATE TABLE _auth_client_resource (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    client_id text NOT NULL,
    resource_id text NOT NULL
);

CREATE TABLE _auth_client_resource_scope (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    client_id text NOT NULL,
    resource_id text NOT NULL,
    scope_id text NOT NULL
);

CREATE SEQUENCE _auth_event_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE _auth_group (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    key text NOT NULL,
    name text,
    description text
);

CREATE TABLE _auth_group_role (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    group_id text NOT NULL,
    role_id text NOT NULL
);

CREATE TABLE _auth_identity (
    id text NOT NULL,
    app_id text NOT NULL,
    type text NOT NULL,
    user_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE _auth_identity_anonymous (
    id text NOT NULL,
    app_id text NOT NULL,
    key_id text,
    key jsonb
);

CREATE TABLE _auth_identity_biometric (
    id text NOT NULL,
    app_id text NOT NULL,
    key_id text NOT NULL,
    key jsonb NOT NULL,
    device_info jsonb NOT NULL
);

CREATE TABLE _auth_identity_ldap (
    id text NOT NULL,
    app_id text NOT NULL,
    server_name text NOT NULL,
    user_id_attribute_name text NOT NULL,
    user_id_attribute_value bytea NOT NULL,
    claims jsonb NOT NULL,
    raw_entry_json jsonb NOT NULL,
    last_login_username text
);

CREATE TABLE _auth_identity_login_id (
    id text NOT NULL,
    app_id text NOT NULL,
    login_id_key text NOT NULL,
    login_id text NOT NULL,
    claims jsonb NOT NULL,
    original_login_id text NOT NULL,
    unique_key text NOT NULL,
    login_id_type text NOT NULL
);

CREATE TABLE _auth_identity_oauth (
    id text NOT NULL,
    app_id text NOT NULL,
    provider_type text NOT NULL,
    provider_keys jsonb DEFAULT '{}'::jsonb NOT NULL,
    provider_user_id text NOT NULL,
    claims jsonb NOT NULL,
    profile jsonb
);

CREATE TABLE _auth_identity_passkey (
    id text NOT NULL,
    app_id text NOT NULL,
    credential_id text NOT NULL,
    creation_options jsonb NOT NULL,
    attestation_response jsonb NOT NULL
);

CREATE TABLE _auth_identity_siwe (
    id text NOT NULL,
    app_id text NOT NULL,
    chain_id integer NOT NULL,
    address text NOT NULL,
    data jsonb NOT NULL
);

CREATE TABLE _auth_migration (
    id text NOT NULL,
    applied_at timestamp with time zone
);

CREATE TABLE _auth_oauth_authorization (
    id text NOT NULL,
    app_id text NOT NULL,
    client_id text NOT NULL,
    user_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    scopes jsonb NOT NULL
);

CREATE TABLE _auth_password_history (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    user_id text NOT NULL,
    password text NOT NULL
);

CREATE TABLE _auth_recovery_code (
    id text NOT NULL,
    app_id text NOT NULL,
    user_id text NOT NULL,
    code text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    consumed boolean NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE _auth_resource (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    uri text NOT NULL,
    name text,
    metadata jsonb
);

CREATE TABLE _auth_resource_scope (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    resource_id text NOT NULL,
    scope text NOT NULL,
    description text,
    metadata jsonb
);

CREATE TABLE _auth_role (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    key text NOT NULL,
    name text,
    description text
);

CREATE TABLE _auth_user (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    last_login_at timestamp without time zone,
    login_at timestamp without time zone,
    is_disabled boolean NOT NULL,
    disable_reason text,
    standard_attributes jsonb,
    custom_attributes jsonb,
    is_deactivated boolean,
    delete_at timestamp without time zone,
    is_anonymized boolean DEFAULT false NOT NULL,
    anonymize_at timestamp without time zone,
    anonymized_at timestamp without time zone,
    last_indexed_at timestamp without time zone,
    require_reindex_after timestamp without time zone,
    mfa_grace_period_end_at timestamp without time zone,
    metadata jsonb,
    is_indefinitely_disabled boolean,
    account_valid_from timestamp without time zone,
    account_valid_until timestamp without time zone,
    temporarily_disabled_from timestamp without time zone,
    temporarily_disabled_until timestamp without time zone,
    account_status_stale_from timestamp without time zone
);

CREATE TABLE _auth_user_group (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    user_id text NOT NULL,
    group_id text NOT NULL
);

CREATE TABLE _auth_user_role (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL,
    user_id text NOT NULL,
    role_id text NOT NULL
);

CREATE TABLE _auth_verified_claim (
    id text NOT NULL,
    app_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    value text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    metadata jsonb
);
ALTER TABLE ONLY _auth_authenticator_oob ADD CONSTRAINT _auth_authenticator_oob_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_authenticator_passkey ADD CONSTRAINT _auth_authenticator_passkey_credential_id UNIQUE (credential_id);
ALTER TABLE ONLY _auth_authenticator_passkey ADD CONSTRAINT _auth_authenticator_passkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_authenticator_password ADD CONSTRAINT _auth_authenticator_password_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_authenticator ADD CONSTRAINT _auth_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_authenticator_totp ADD CONSTRAINT _auth_authenticator_totp_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_client_resource ADD CONSTRAINT _auth_client_resource_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_client_resource_scope ADD CONSTRAINT _auth_client_resource_scope_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_group ADD CONSTRAINT _auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_group_role ADD CONSTRAINT _auth_group_role_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_siwe ADD CONSTRAINT _auth_identity_address UNIQUE (app_id, chain_id, address);
ALTER TABLE ONLY _auth_identity_anonymous ADD CONSTRAINT _auth_identity_anonymous_key UNIQUE (app_id, key_id);
ALTER TABLE ONLY _auth_identity_anonymous ADD CONSTRAINT _auth_identity_anonymous_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_biometric ADD CONSTRAINT _auth_identity_biometric_key UNIQUE (app_id, key_id);
ALTER TABLE ONLY _auth_identity_biometric ADD CONSTRAINT _auth_identity_biometric_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_ldap ADD CONSTRAINT _auth_identity_ldap_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_ldap ADD CONSTRAINT _auth_identity_ldap_unique UNIQUE (app_id, server_name, user_id_attribute_name, user_id_attribute_value);
ALTER TABLE ONLY _auth_identity_login_id ADD CONSTRAINT _auth_identity_login_id_key UNIQUE (app_id, unique_key);
ALTER TABLE ONLY _auth_identity_login_id ADD CONSTRAINT _auth_identity_login_id_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_oauth ADD CONSTRAINT _auth_identity_oauth_key UNIQUE (app_id, provider_type, provider_keys, provider_user_id);
ALTER TABLE ONLY _auth_identity_oauth ADD CONSTRAINT _auth_identity_oauth_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_passkey ADD CONSTRAINT _auth_identity_passkey_credential_id UNIQUE (credential_id);
ALTER TABLE ONLY _auth_identity_passkey ADD CONSTRAINT _auth_identity_passkey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity ADD CONSTRAINT _auth_identity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_identity_siwe ADD CONSTRAINT _auth_identity_siwe_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_migration ADD CONSTRAINT _auth_migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_oauth_authorization ADD CONSTRAINT _auth_oauth_authorization_key UNIQUE (app_id, user_id, client_id);
ALTER TABLE ONLY _auth_oauth_authorization ADD CONSTRAINT _auth_oauth_authorization_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_password_history ADD CONSTRAINT _auth_password_history_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_recovery_code ADD CONSTRAINT _auth_recovery_code_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_resource ADD CONSTRAINT _auth_resource_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_resource_scope ADD CONSTRAINT _auth_resource_scope_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_role ADD CONSTRAINT _auth_role_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_user_group ADD CONSTRAINT _auth_user_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_user ADD CONSTRAINT _auth_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_user_role ADD CONSTRAINT _auth_user_role_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _auth_verified_claim ADD CONSTRAINT _auth_verified_claim_pkey PRIMARY KEY (id);
CREATE INDEX _auth_authenticator_app_id ON _auth_authenticator USING btree (app_id);
CREATE INDEX _auth_authenticator_app_id_user_id ON _auth_authenticator USING btree (app_id, user_id);
CREATE INDEX _auth_authenticator_user_id ON _auth_authenticator USING btree (user_id);
CREATE UNIQUE INDEX _auth_client_resource_scope_unique ON _auth_client_resource_scope USING btree (app_id, client_id, resource_id, scope_id);
CREATE UNIQUE INDEX _auth_client_resource_unique ON _auth_client_resource USING btree (app_id, client_id, resource_id);
CREATE INDEX _auth_group_app_id ON _auth_group USING btree (app_id);
CREATE UNIQUE INDEX _auth_group_key_unique ON _auth_group USING btree (app_id, key);
CREATE INDEX _auth_group_role_group ON _auth_group_role USING btree (app_id, group_id);
CREATE INDEX _auth_group_role_group_id ON _auth_group_role USING btree (group_id);
CREATE INDEX _auth_group_role_role ON _auth_group_role USING btree (app_id, role_id);
CREATE INDEX _auth_group_role_role_id ON _auth_group_role USING btree (role_id);
CREATE UNIQUE INDEX _auth_group_role_unique ON _auth_group_role USING btree (app_id, group_id, role_id);
CREATE INDEX _auth_identity_app_id ON _auth_identity USING btree (app_id);
CREATE INDEX _auth_identity_app_id_user_id ON _auth_identity USING btree (app_id, user_id);
CREATE INDEX _auth_identity_ldap_claim_email ON _auth_identity_ldap USING btree (app_id, ((claims ->> 'email'::text)));
CREATE INDEX _auth_identity_ldap_claim_phone_number ON _auth_identity_ldap USING btree (app_id, ((claims ->> 'phone_number'::text)));
CREATE INDEX _auth_identity_ldap_claim_preferred_username ON _auth_identity_ldap USING btree (app_id, ((claims ->> 'preferred_username'::text)));
CREATE INDEX _auth_identity_login_id_claim_email ON _auth_identity_login_id USING btree (app_id, ((claims ->> 'email'::text)));
CREATE INDEX _auth_identity_login_id_claim_phone_number ON _auth_identity_login_id USING btree (app_id, ((claims ->> 'phone_number'::text)));
CREATE INDEX _auth_identity_login_id_claim_preferred_username ON _auth_identity_login_id USING btree (app_id, ((claims ->> 'preferred_username'::text)));
CREATE INDEX _auth_identity_login_id_login_id ON _auth_identity_login_id USING btree (app_id, login_id_key, login_id);
CREATE INDEX _auth_identity_oauth_claim_email ON _auth_identity_oauth USING btree (app_id, ((claims ->> 'email'::text)));
CREATE INDEX _auth_identity_oauth_claim_phone_number ON _auth_identity_oauth USING btree (app_id, ((claims ->> 'phone_number'::text)));
CREATE INDEX _auth_identity_user_id ON _auth_identity USING btree (user_id);
CREATE INDEX _auth_oauth_authorization_app_id_user_id ON _auth_oauth_authorization USING btree (app_id, user_id);
CREATE INDEX _auth_oauth_authorization_user_id ON _auth_oauth_authorization USING btree (user_id);
CREATE INDEX _auth_password_history_app_id_user_id ON _auth_password_history USING btree (app_id, user_id);
CREATE INDEX _auth_password_history_user_id ON _auth_password_history USING btree (user_id);
CREATE INDEX _auth_recovery_code_app_id_user_id ON _auth_recovery_code USING btree (app_id, user_id);
CREATE INDEX _auth_recovery_code_user_id ON _auth_recovery_code USING btree (user_id);
CREATE INDEX _auth_resource_app_id_created_at ON _auth_resource USING btree (app_id, created_at);
CREATE INDEX _auth_resource_name_typeahead ON _auth_resource USING btree (app_id, name text_pattern_ops);
CREATE INDEX _auth_resource_scope_app_id_resource_id_created_at ON _auth_resource_scope USING btree (app_id, resource_id, created_at);
CREATE INDEX _auth_resource_scope_scope_typeahead ON _auth_resource_scope USING btree (app_id, resource_id, scope text_pattern_ops);
CREATE UNIQUE INDEX _auth_resource_scope_unique ON _auth_resource_scope USING btree (app_id, resource_id, scope);
CREATE INDEX _auth_resource_uri_typeahead ON _auth_resource USING btree (app_id, uri text_pattern_ops);
CREATE UNIQUE INDEX _auth_resource_uri_unique ON _auth_resource USING btree (app_id, uri);
CREATE INDEX _auth_role_app_id ON _auth_role USING btree (app_id);
CREATE UNIQUE INDEX _auth_role_key_unique ON _auth_role USING btree (app_id, key);
CREATE INDEX _auth_user_account_status_stale_from ON _auth_user USING btree (account_status_stale_from);
CREATE INDEX _auth_user_anonymize_at ON _auth_user USING brin (anonymize_at);
CREATE INDEX _auth_user_anonymized_at ON _auth_user USING brin (anonymized_at);
CREATE INDEX _auth_user_app_id ON _auth_user USING btree (app_id);
CREATE INDEX _auth_user_app_id_created_at ON _auth_user USING btree (app_id, created_at DESC NULLS LAST);
CREATE INDEX _auth_user_app_id_last_login_at ON _auth_user USING btree (app_id, last_login_at DESC NULLS LAST);
CREATE INDEX _auth_user_delete_at ON _auth_user USING brin (delete_at);
CREATE INDEX _auth_user_group_group ON _auth_user_group USING btree (app_id, group_id);
CREATE INDEX _auth_user_group_group_id ON _auth_user_group USING btree (group_id);
CREATE UNIQUE INDEX _auth_user_group_unique ON _auth_user_group USING btree (app_id, user_id, group_id);
CREATE INDEX _auth_user_group_user ON _auth_user_group USING btree (app_id, user_id);
CREATE INDEX _auth_user_group_user_id ON _auth_user_group USING btree (user_id);
CREATE INDEX _auth_user_role_role ON _auth_user_role USING btree (app_id, role_id);
CREATE INDEX _auth_user_role_role_id ON _auth_user_role USING btree (role_id);
CREATE UNIQUE INDEX _auth_user_role_unique ON _auth_user_role USING btree (app_id, user_id, role_id);
CREATE INDEX _auth_user_role_user ON _auth_user_role USING btree (app_id, user_id);
CREATE INDEX _auth_user_role_user_id ON _auth_user_role USING btree (user_id);
CREATE INDEX _auth_verified_claim_app_id_name_value ON _auth_verified_claim USING btree (app_id, name, value);
CREATE INDEX _auth_verified_claim_app_id_user_id ON _auth_verified_claim USING btree (app_id, user_id);
CREATE INDEX _auth_verified_claim_user_id ON _auth_verified_claim USING btree (user_id);
ALTER TABLE ONLY _auth_authenticator_oob ADD CONSTRAINT _auth_authenticator_oob_id_fkey FOREIGN KEY (id) REFERENCES _auth_authenticator(id);
ALTER TABLE ONLY _auth_authenticator_passkey ADD CONSTRAINT _auth_authenticator_passkey_id_fkey FOREIGN KEY (id) REFERENCES _auth_authenticator(id);
ALTER TABLE ONLY _auth_authenticator_password ADD CONSTRAINT _auth_authenticator_password_id_fkey FOREIGN KEY (id) REFERENCES _auth_authenticator(id);
ALTER TABLE ONLY _auth_authenticator_totp ADD CONSTRAINT _auth_authenticator_totp_id_fkey FOREIGN KEY (id) REFERENCES _auth_authenticator(id);
ALTER TABLE ONLY _auth_authenticator ADD CONSTRAINT _auth_authenticator_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_client_resource ADD CONSTRAINT _auth_client_resource_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES _auth_resource(id);
ALTER TABLE ONLY _auth_client_resource_scope ADD CONSTRAINT _auth_client_resource_scope_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES _auth_resource(id);
ALTER TABLE ONLY _auth_client_resource_scope ADD CONSTRAINT _auth_client_resource_scope_scope_id_fkey FOREIGN KEY (scope_id) REFERENCES _auth_resource_scope(id);
ALTER TABLE ONLY _auth_group_role ADD CONSTRAINT _auth_group_role_group_id_fkey FOREIGN KEY (group_id) REFERENCES _auth_group(id);
ALTER TABLE ONLY _auth_group_role ADD CONSTRAINT _auth_group_role_role_id_fkey FOREIGN KEY (role_id) REFERENCES _auth_role(id);
ALTER TABLE ONLY _auth_identity_anonymous ADD CONSTRAINT _auth_identity_anonymous_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_biometric ADD CONSTRAINT _auth_identity_biometric_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_ldap ADD CONSTRAINT _auth_identity_ldap_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_login_id ADD CONSTRAINT _auth_identity_login_id_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_oauth ADD CONSTRAINT _auth_identity_oauth_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_passkey ADD CONSTRAINT _auth_identity_passkey_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity_siwe ADD CONSTRAINT _auth_identity_siwe_id_fkey FOREIGN KEY (id) REFERENCES _auth_identity(id);
ALTER TABLE ONLY _auth_identity ADD CONSTRAINT _auth_identity_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_oauth_authorization ADD CONSTRAINT _auth_oauth_authorization_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_password_history ADD CONSTRAINT _auth_password_history_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_recovery_code ADD CONSTRAINT _auth_recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_resource_scope ADD CONSTRAINT _auth_resource_scope_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES _auth_resource(id);
ALTER TABLE ONLY _auth_user_group ADD CONSTRAINT _auth_user_group_group_id_fkey FOREIGN KEY (group_id) REFERENCES _auth_group(id);
ALTER TABLE ONLY _auth_user_group ADD CONSTRAINT _auth_user_group_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_user_role ADD CONSTRAINT _auth_user_role_role_id_fkey FOREIGN KEY (role_id) REFERENCES _auth_role(id);
ALTER TABLE ONLY _auth_user_role ADD CONSTRAINT _auth_user_role_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
ALTER TABLE ONLY _auth_verified_claim ADD CONSTRAINT _auth_verified_claim_user_id_fkey FOREIGN KEY (user_id) REFERENCES _auth_user(id);
INSERT INTO _auth_migration (id, applied_at) VALUES
  ('20200610183245-initial_tables.sql', now()),
  ('20200630155506-add_login_at.sql', now()),
  ('20200714174634-oob_login_id_binding.sql', now()),
  ('20200728164433-refactor_authenticators.sql', now()),
  ('20200803160255-add_login_id_type.sql', now()),
  ('20200803184228-add_authenticator_tag.sql', now()),
  ('20200811145548-remove_user_metadata.sql', now()),
  ('20200818175732-common_attributes.sql', now()),
  ('20200907114613-add_labels.sql', now()),
  ('20200910165527-verifiable_claims.sql', now()),
  ('20200914155821-decompose_authenticator_tags.sql', now()),
  ('20201112175526-disable_user.sql', now()),
  ('20210202171943-update_authenticator_oob_top_type.sql', now()),
  ('20210315162635-add_biometric_identity.sql', now()),
  ('20210921151608-remove-labels-column.sql', now()),
  ('20210921175056-add-standard-attributes.sql', now()),
  ('20211110171849-migrate_identity_aware_standard_attributes.sql', now()),
  ('20211207160728-add_custom_attributes.sql', now()),
  ('20211220162815-remove_identity_anonymous_key_not_null.sql', now()),
  ('20220119152732-add_is_deactivated_and_delete_at.sql', now()),
  ('20220721144317-add_passkey.sql', now()),
  ('20220815151456-add_swie_nft.sql', now()),
  ('20221220114109-anonymize_user.sql', now()),
  ('20230130154554-is_anonymized_default_false.sql', now()),
  ('20230522120934-add_more_index.sql', now()),
  ('20240222123657-add_roles_and_groups.sql', now()),
  ('20240318191059-add_indexes_to_foreign_key_columns.sql', now()),
  ('20240320161903-add_index_login_id_claim_preferred_username.sql', now()),
  ('20240327130255-add_reindexing_timestamps.sql', now()),
  ('20240516162438-add_password_expire_after.sql', now()),
  ('20240725153413-add_mfa_enrollment_end_at.sql', now()),
  ('20240731135615-add_ldap_identity.sql', now()),
  ('20240826112239-add_ldap_last_login_username.sql', now()),
  ('20250704145030-add_user_metadata.sql', now()),
  ('20250710143552-add_resource_scope.sql', now()),
  ('20250904150157-add_metadata_to_oob_verified_claim.sql', now()),
  ('20251003144527-add_new_account_status_columns.sql', now()),
  ('20260814080931-add_index_to_verified_claim_value.sql', now());
