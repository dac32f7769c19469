// Asks the service every ten seconds, and shows what it answers: cards, charts, table.
(() => {
  // Under a stage prefix the page may be served without a slash at its end: every address starts from here.
  const base = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
  const at = (id) => document.getElementById(id);
  for (const link of document.querySelectorAll("nav a")) link.setAttribute("href", base + link.getAttribute("href"));

  const { element, tone, LIMITS, whole } = charts;
  const RANGES = [
    { name: "1h", text: "1 h", title: "Last hour" },
    { name: "6h", text: "6 h", title: "Last 6 hours" },
    { name: "24h", text: "24 h", title: "Last 24 hours" },
    { name: "7d", text: "7 d", title: "Last 7 days" },
    { name: "30d", text: "30 d", title: "Last 30 days" },
  ];
  // The range is in the address, so that a link and a reload show the same.
  const range = () => RANGES.find(({ name }) => location.hash === "#range=" + name) || RANGES[0];

  function card(name, value, note, kind) {
    const card = at("card-" + name);
    card.className = kind ? "card " + kind : "card";
    const strong = card.querySelector("strong");
    strong.textContent = value;
    // A long value is written smaller, not broken.
    strong.style.setProperty("--length", Math.max(8, value.length));
    card.querySelector("span").textContent = note;
  }

  function cards(health, totals) {
    const { uptime, system, requests, health_checks: checks } = health;
    card("status", health.status === "healthy" ? "Healthy" : "Degraded", "Environment: " + health.environment, health.status === "healthy" ? "good" : "warn");
    const long = uptime.hours >= 24;
    card("uptime", long ? uptime.days.toFixed(2) + " days" : uptime.hours.toFixed(2) + " hours", "since " + uptime.started_at.slice(0, 19).replace("T", " ") + " UTC");
    card("requests", whole.format(requests.total), "tracked: " + whole.format(totals.conversations) + " AI conversations");
    const kind = tone(LIMITS.errors, requests.error_rate_percent) || "good";
    const word = { good: "good", warn: "elevated", bad: "high" }[kind];
    card("errors", requests.error_rate_percent.toFixed(2) + "%", whole.format(requests.failed) + " failed, " + word, kind);
    card("memory", system.memory_usage_mb.toFixed(1) + " MB", "CPU " + system.cpu_percent.toFixed(1) + "%");
    card("database", checks.database_connected ? "Connected" : "Disconnected", checks.database_connected ? "rows are stored" : "events wait on disk", checks.database_connected ? "good" : "bad");
    card("tokens", whole.format(totals.tokens), "consumed by AI");
    card("cost", "$" + totals.api_cost_usd.toLocaleString("en-US", { minimumFractionDigits: 4, maximumFractionDigits: 4 }), "USD spent on AI");
    card("appointments", whole.format(totals.appointments_requested), whole.format(totals.appointments_booked) + " booked");
    card("handoffs", whole.format(totals.human_handoffs), "escalations to a person");
  }

  function graphs(history) {
    const stored = history.source === "database";
    at("range-title").textContent = RANGES.find(({ name }) => name === history.range).title;
    at("source").textContent = (stored ? "From the database, all replicas" : "This process alone") + " · times in UTC";
    at("away").hidden = stored;
    at("away").textContent = stored ? "" : "The database cannot be asked now. The charts show what this process has counted in the last hour.";
    charts.draw(history);
    table.draw(history);
  }

  async function read(path) {
    const answer = await fetch(base + path, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error("answered " + answer.status);
    return answer.json();
  }

  let shown = null;
  let busy = false;
  async function refresh() {
    if (busy) return;
    busy = true;
    const asked = range();
    const box = at("unreachable");
    try {
      const [health, history] = await Promise.all([read("health/detailed"), read("health/history?range=" + asked.name)]);
      shown = history;
      cards(health, history.totals);
      graphs(history);
      box.hidden = true;
      document.body.classList.remove("stale");
      at("updated").textContent = "Updated " + health.timestamp.slice(11, 19) + " UTC, every 10 s";
    } catch {
      box.textContent = "The service cannot be reached. The figures below are the last ones seen; trying again every 10 s.";
      box.hidden = false;
      document.body.classList.add("stale");
    } finally {
      busy = false;
    }
    // Another range was chosen meanwhile.
    if (asked !== range()) refresh();
  }

  function choose() {
    for (const input of document.querySelectorAll("#ranges input")) input.checked = input.value === range().name;
    refresh();
  }

  for (const { name, text, title } of RANGES) {
    const label = element(at("ranges"), "label");
    const input = element(label, "input");
    input.type = "radio";
    input.name = "range";
    input.value = name;
    input.setAttribute("aria-label", title);
    input.addEventListener("change", () => { location.hash = "range=" + name; });
    element(label, "span", "", text).setAttribute("aria-hidden", "true");
  }

  at("refresh").addEventListener("click", refresh);
  addEventListener("hashchange", choose);
  // Charts are drawn to the pixel: anew where there is more or less room.
  let width = innerWidth;
  addEventListener("resize", () => {
    if (shown && width !== innerWidth) charts.draw(shown);
    width = innerWidth;
  });
  setInterval(refresh, 10000);
  choose();
})();
