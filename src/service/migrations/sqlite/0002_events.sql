-- The service's own tables. One row an event; its sums, kept in the same transaction; what makes an event count once.
CREATE TABLE IF NOT EXISTS mlops_events (
  id INTEGER PRIMARY KEY,
  business_id TEXT NOT NULL,
  conversation_id TEXT,
  session_id TEXT,
  response_time_ms INTEGER NOT NULL,
  success_rate REAL,
  tokens_used INTEGER NOT NULL,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  api_cost_usd REAL,
  model_name TEXT NOT NULL,
  intent_detected TEXT NOT NULL,
  appointment_requested INTEGER NOT NULL DEFAULT 0,
  human_handoff_requested INTEGER NOT NULL DEFAULT 0,
  appointment_booked INTEGER NOT NULL DEFAULT 0,
  user_message_length INTEGER,
  ai_response_length INTEGER,
  response_type TEXT NOT NULL,
  created_at TEXT NOT NULL,
  -- A digest: 'k' and the client's own key, 'd' and what was derived from the content.
  idempotency_key TEXT
);
CREATE INDEX IF NOT EXISTS mlops_events_created ON mlops_events (created_at);
CREATE INDEX IF NOT EXISTS mlops_events_business_created ON mlops_events (business_id, created_at);
-- A client's own key is unique for as long as its row lives. Derived ones count for a short time, which the one process
-- that writes here knows by heart: an index of them would cost each event a page.
CREATE UNIQUE INDEX IF NOT EXISTS mlops_events_key ON mlops_events (idempotency_key) WHERE idempotency_key >= 'k';

-- Sums of all events by their labels.
CREATE TABLE IF NOT EXISTS mlops_totals (
  business_id TEXT NOT NULL, response_type TEXT NOT NULL, intent_detected TEXT NOT NULL, model_name TEXT NOT NULL,
  events INTEGER NOT NULL,
  within_100 INTEGER NOT NULL, within_500 INTEGER NOT NULL, within_1000 INTEGER NOT NULL,
  within_2000 INTEGER NOT NULL, within_5000 INTEGER NOT NULL, within_10000 INTEGER NOT NULL,
  response_ms INTEGER NOT NULL, tokens INTEGER NOT NULL, cost_micros INTEGER,
  requested INTEGER NOT NULL, booked INTEGER NOT NULL, handoffs INTEGER NOT NULL,
  success_rate REAL, success_at INTEGER,
  PRIMARY KEY (business_id, response_type, intent_detected, model_name)
) WITHOUT ROWID;

-- Sums by business, model and quarter of an hour since 1970: what /analytics and the dashboard's charts add up. ms_50 counts the
-- events up to 50 ms, ms_100 those above up to 100 ms, and so on; ms_over those above the last bound.
CREATE TABLE IF NOT EXISTS mlops_quarters (
  business_id TEXT NOT NULL, quarter INTEGER NOT NULL, model_name TEXT NOT NULL,
  events INTEGER NOT NULL, errors INTEGER NOT NULL, response_ms INTEGER NOT NULL, tokens INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL, requested INTEGER NOT NULL, booked INTEGER NOT NULL, handoffs INTEGER NOT NULL,
  ms_50 INTEGER NOT NULL, ms_100 INTEGER NOT NULL, ms_200 INTEGER NOT NULL, ms_350 INTEGER NOT NULL, ms_500 INTEGER NOT NULL, ms_750 INTEGER NOT NULL,
  ms_1000 INTEGER NOT NULL, ms_1500 INTEGER NOT NULL, ms_2000 INTEGER NOT NULL, ms_3000 INTEGER NOT NULL, ms_4000 INTEGER NOT NULL, ms_5000 INTEGER NOT NULL,
  ms_7500 INTEGER NOT NULL, ms_10000 INTEGER NOT NULL, ms_15000 INTEGER NOT NULL, ms_30000 INTEGER NOT NULL, ms_60000 INTEGER NOT NULL, ms_over INTEGER NOT NULL,
  PRIMARY KEY (business_id, quarter, model_name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mlops_quarters_quarter ON mlops_quarters (quarter);

-- Failed requests of each process by minutes since 1970: they have no row, and name no business.
CREATE TABLE IF NOT EXISTS mlops_failures (
  writer TEXT NOT NULL, minute INTEGER NOT NULL, failed INTEGER NOT NULL, PRIMARY KEY (minute, writer)
) WITHOUT ROWID;

-- How far each process has written: a commit whose answer was lost is found here and not repeated.
CREATE TABLE IF NOT EXISTS mlops_writers (
  writer TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, failed INTEGER NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Businesses that have a label of their own in the metrics, and keep it.
CREATE TABLE IF NOT EXISTS mlops_names (business_id TEXT PRIMARY KEY) WITHOUT ROWID;

-- Businesses whose events up to a moment (microseconds since 1970) are forgotten, those still on their way included.
CREATE TABLE IF NOT EXISTS mlops_forgotten (business_id TEXT PRIMARY KEY, before_at INTEGER NOT NULL) WITHOUT ROWID;

-- How far older rows of ai_metrics, where another program keeps one in this file, are copied.
CREATE TABLE IF NOT EXISTS mlops_imports (source TEXT PRIMARY KEY, last_id INTEGER NOT NULL, since TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO mlops_imports VALUES ('ai_metrics', 0, strftime('%Y-%m-%d %H:%M:%f', 'now'));

PRAGMA user_version = 2;
