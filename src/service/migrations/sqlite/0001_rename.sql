-- A file of before the service had names of its own for its tables: its rows and sums are taken over as they are.
DROP INDEX IF EXISTS ai_metrics_business_created;
ALTER TABLE ai_metrics RENAME TO mlops_events;
ALTER TABLE mlops_events ADD COLUMN idempotency_key TEXT;
ALTER TABLE ai_totals RENAME TO mlops_totals;
ALTER TABLE mlops_totals RENAME COLUMN success_id TO success_at;
