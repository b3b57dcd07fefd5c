DROP TABLE _audit_analytic_count,
  _audit_log,
  _audit_metrics,
  _audit_migration
  CASCADE;
