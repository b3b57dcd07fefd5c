-- already there with table: _audit_migration
-- The audit database's tables: names, types and constraints are contract. Monthly partitions are native and made by the
-- worker; pg_partman is not needed.
CREATE TABLE _audit_analytic_count (
    id text NOT NULL,
    app_id text NOT NULL,
    type text NOT NULL,
    count integer NOT NULL,
    date date NOT NULL
);

CREATE TABLE _audit_log (
    id text NOT NULL,
    app_id text NOT NULL,
    created_at timestamp without time zone NOT NULL,
    user_id text NOT NULL,
    activity_type text NOT NULL,
    ip_address inet,
    user_agent text,
    client_id text,
    data jsonb NOT NULL
)
PARTITION BY RANGE (created_at);

CREATE TABLE _audit_log_default PARTITION OF _audit_log DEFAULT;

CREATE TABLE _audit_metrics (
    id text NOT NULL,
    app_id text NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    created_at timestamp without time zone NOT NULL
)
PARTITION BY RANGE (created_at);

CREATE TABLE _audit_metrics_default PARTITION OF _audit_metrics DEFAULT;

CREATE TABLE _audit_migration (
    id text NOT NULL,
    applied_at timestamp with time zone
);
ALTER TABLE ONLY _audit_analytic_count ADD CONSTRAINT _audit_analytic_count_app_id_type_date_key UNIQUE (app_id, type, date);
ALTER TABLE ONLY _audit_analytic_count ADD CONSTRAINT _audit_analytic_count_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _audit_log_default ADD CONSTRAINT _audit_log_default_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _audit_metrics_default ADD CONSTRAINT _audit_metrics_default_pkey PRIMARY KEY (id);
ALTER TABLE ONLY _audit_migration ADD CONSTRAINT _audit_migration_pkey PRIMARY KEY (id);
CREATE INDEX _audit_log_idx_app_id_activity_type_created_at ON _audit_log USING btree (app_id, activity_type, created_at DESC);
CREATE INDEX _audit_log_idx_app_id_activity_type_data_payload_recipient_crea ON _audit_log USING btree (app_id, activity_type, ((data #>> '{payload,recipient}'::text[])), created_at DESC);
CREATE INDEX _audit_log_idx_app_id_created_at ON _audit_log USING btree (app_id, created_at DESC);
CREATE INDEX _audit_log_idx_app_id_data_payload_recipient_created_at ON _audit_log USING btree (app_id, ((data #>> '{payload,recipient}'::text[])), created_at DESC);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_decision_created_at ON _audit_log USING btree (app_id, ((data #>> '{payload,record,decision}'::text[])), created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_action_created_at ON _audit_log USING btree (app_id, ((data #>> '{payload,record,action}'::text[])), created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_recipient_created_at ON _audit_log USING btree (app_id, ((data #>> '{payload,record,action_detail,recipient}'::text[])) text_pattern_ops, created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_ip_created_at ON _audit_log USING btree (app_id, ((ip_address)::text) text_pattern_ops, created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_phone_country_created_at ON _audit_log USING btree (app_id, upper((data #>> '{payload,record,action_detail,phone_number_country_code}'::text[])) text_pattern_ops, created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_fraud_decision_app_id_geo_country_created_at ON _audit_log USING btree (app_id, upper((data #>> '{payload,record,geo_location_code}'::text[])) text_pattern_ops, created_at DESC) WHERE (activity_type = 'fraud_protection.decision_recorded'::text);
CREATE INDEX _audit_log_idx_app_id_user_id_activity_type_created_at ON _audit_log USING btree (app_id, user_id, activity_type, created_at DESC);
CREATE INDEX _audit_log_idx_app_id_user_id_created_at ON _audit_log USING btree (app_id, user_id, created_at DESC);
CREATE INDEX _audit_log_idx_created_at_brin ON _audit_log USING brin (created_at);
CREATE INDEX _audit_metrics_idx ON _audit_metrics USING btree (app_id, name, key, created_at);

INSERT INTO _audit_migration (id, applied_at) VALUES
  ('20210531162744-add_audit_log_table.sql', now()),
  ('20210910181007-add_analytic_count_table.sql', now()),
  ('20230420194938-add_audit_log_index.sql', now()),
  ('20230515140227-add_user_id_index_to_audit_logs.sql', now()),
  ('20240827124706-add_audit_log_indices.sql', now()),
  ('20250826044736-change_pg_partman_retention.sql', now()),
  ('20260302000000-add_audit_metrics_table.sql', now()),
  ('20260402190000-add_fraud_protection_decision_indexes.sql', now()),
  ('20260814083551-add_audit_log_app_id_created_at_index.sql', now());
