"""The benchmark's Flask peer: the course service's /track with an insert that is synced before it answers."""

import os
import sqlite3
import threading
from datetime import datetime, timezone

from flask import Flask, jsonify, request

COLUMNS = {
    "business_id": None, "conversation_id": None, "session_id": None, "response_time_ms": None, "success_rate": None,
    "tokens_used": None, "prompt_tokens": None, "completion_tokens": None, "api_cost_usd": None,
    "model_name": "gemini-1.5-flash", "intent_detected": "unknown", "appointment_requested": False,
    "human_handoff_requested": False, "appointment_booked": False, "user_message_length": None,
    "ai_response_length": None, "response_type": "unknown",
}
INSERT = f"INSERT INTO ai_metrics ({', '.join(COLUMNS)}, created_at) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"

app = Flask(__name__)
local = threading.local()


def database():
    """One connection a thread, with the settings of the service it is compared with."""
    if not hasattr(local, "connection"):
        connection = sqlite3.connect(os.environ["DATABASE"], timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE IF NOT EXISTS ai_metrics (id INTEGER PRIMARY KEY, {', '.join(COLUMNS)}, created_at)")
        connection.execute("CREATE INDEX IF NOT EXISTS by_business ON ai_metrics (business_id, created_at)")
        local.connection = connection
    return local.connection


@app.post("/track")
def track():
    data = request.get_json()
    if not data:
        return jsonify(error="No metrics data provided"), 400
    for field in ("business_id", "response_time_ms", "tokens_used"):
        if field not in data:
            return jsonify(error=f"Missing required field: {field}"), 400
    now = datetime.now(timezone.utc).replace(tzinfo=None).isoformat()
    database().execute(INSERT, [data.get(name, default) for name, default in COLUMNS.items()] + [now])
    return jsonify(status="success", message="Metrics tracked successfully", prometheus_updated=True, database_stored=True, timestamp=now)
