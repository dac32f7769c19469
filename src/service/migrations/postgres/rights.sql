-- What a role needs that serves and makes no tables (--no-migrate). Replace mlops_service by its name.
GRANT SELECT, INSERT, UPDATE, DELETE ON mlops_events, mlops_totals, mlops_quarters, mlops_failures, mlops_keys, mlops_writers,
  mlops_names, mlops_forgotten, mlops_imports TO mlops_service;
GRANT SELECT ON mlops_migrations TO mlops_service;
-- For `import-history` (SELECT) and `forget` (SELECT, DELETE) alone; serving needs neither.
GRANT SELECT, DELETE ON ai_metrics TO mlops_service;
