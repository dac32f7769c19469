-- A SQLite file of the version before this one: its tables, two rows, their sums, and how far a writer came.
CREATE TABLE ai_metrics (
  id INTEGER PRIMARY KEY, business_id TEXT NOT NULL, conversation_id TEXT, session_id TEXT, response_time_ms INTEGER NOT NULL,
  success_rate REAL, tokens_used INTEGER NOT NULL, prompt_tokens INTEGER, completion_tokens INTEGER, api_cost_usd REAL,
  model_name TEXT NOT NULL, intent_detected TEXT NOT NULL, appointment_requested INTEGER NOT NULL DEFAULT 0,
  human_handoff_requested INTEGER NOT NULL DEFAULT 0, appointment_booked INTEGER NOT NULL DEFAULT 0,
  user_message_length INTEGER, ai_response_length INTEGER, response_type TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX ai_metrics_business_created ON ai_metrics (business_id, created_at);
CREATE TABLE ai_totals (
  business_id TEXT NOT NULL, response_type TEXT NOT NULL, intent_detected TEXT NOT NULL, model_name TEXT NOT NULL,
  events INTEGER NOT NULL,
  within_100 INTEGER NOT NULL, within_500 INTEGER NOT NULL, within_1000 INTEGER NOT NULL,
  within_2000 INTEGER NOT NULL, within_5000 INTEGER NOT NULL, within_10000 INTEGER NOT NULL,
  response_ms INTEGER NOT NULL, tokens INTEGER NOT NULL, cost_micros INTEGER,
  requested INTEGER NOT NULL, booked INTEGER NOT NULL, handoffs INTEGER NOT NULL,
  success_rate REAL, success_id INTEGER,
  PRIMARY KEY (business_id, response_type, intent_detected, model_name)
) WITHOUT ROWID;
CREATE TABLE mlops_writers (
  writer TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, failed INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO ai_metrics (business_id, session_id, response_time_ms, success_rate, tokens_used, api_cost_usd, model_name,
  intent_detected, response_type, created_at) VALUES
  ('old', 's', 700, 1, 40, 0.25, 'm', 'general', 'text', '2026-01-02 03:04:05.000006'),
  ('old', 's', 700, 1, 40, 0.25, 'm', 'general', 'text', strftime('%Y-%m-%d %H:%M:%f000', 'now'));
INSERT INTO ai_totals VALUES ('old', 'text', 'general', 'm', 2, 0, 0, 2, 2, 2, 2, 1400, 80, 500000, 0, 0, 0, 1, 2);
INSERT INTO mlops_writers VALUES ('w', 2, 5, strftime('%s', 'now') * 1000000);
