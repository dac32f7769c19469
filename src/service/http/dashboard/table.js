// The table by business and model, sorted by any column.
const table = (() => {
  const { element, tone, LIMITS, WORDS, whole, dollars } = charts;
  const share = (group) => (group.conversations ? (group.errors / group.conversations) * 100 : 0);
  const rated = (limits, value, text) => ({ text: text + WORDS[tone(limits, value)], tone: tone(limits, value) });
  const plain = (text) => ({ text, tone: "" });

  const COLUMNS = [
    { title: "Business", value: (group) => group.business_id, cell: (group) => plain(group.business_id), name: true },
    { title: "Model", value: (group) => group.model_name, cell: (group) => plain(group.model_name), name: true },
    { title: "Conversations", value: (group) => group.conversations, cell: (group) => plain(whole.format(group.conversations)) },
    { title: "Error answers", value: share, cell: (group) => rated(LIMITS.errors, share(group), whole.format(group.errors) + " (" + share(group).toFixed(1) + "%)" ) },
    { title: "p95", value: (group) => group.p95_response_time_ms, cell: (group) => rated(LIMITS.latency, group.p95_response_time_ms, whole.format(group.p95_response_time_ms) + " ms") },
    { title: "Tokens", value: (group) => group.tokens, cell: (group) => plain(whole.format(group.tokens)) },
    { title: "API cost", value: (group) => group.cost_usd, cell: (group) => plain(dollars(group.cost_usd)) },
  ];
  let order = { column: 2, falling: true };

  function sorted(groups) {
    const { value } = COLUMNS[order.column];
    const by = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
    return [...groups].sort((a, b) => (order.falling ? by(b, a) : by(a, b)));
  }

  function head(parent, answer) {
    const row = element(element(parent, "thead"), "tr");
    COLUMNS.forEach((column, place) => {
      const cell = element(row, "th", column.name ? "name" : "");
      cell.scope = "col";
      const here = place === order.column;
      if (here) cell.setAttribute("aria-sort", order.falling ? "descending" : "ascending");
      const button = element(cell, "button", "sort", column.title);
      button.type = "button";
      element(button, "span", "arrow", here ? (order.falling ? "↓" : "↑") : "").setAttribute("aria-hidden", "true");
      button.addEventListener("click", () => {
        order = { column: place, falling: here ? !order.falling : !column.name };
        draw(answer);
        document.querySelectorAll("#groups .sort")[place].focus();
      });
    });
  }

  function draw(answer) {
    const panel = document.getElementById("groups");
    const focused = [...panel.querySelectorAll(".sort")].indexOf(document.activeElement);
    panel.textContent = "";
    if (!answer.groups.length) {
      element(panel, "p", "quiet", answer.source === "database" ? "No conversations in this range." : "The table needs the database.");
      return;
    }
    const made = element(panel, "table");
    made.setAttribute("aria-labelledby", "groups-title");
    head(made, answer);
    const body = element(made, "tbody");
    for (const group of sorted(answer.groups)) {
      const row = element(body, "tr");
      COLUMNS.forEach((column, place) => {
        const { text, tone: kind } = column.cell(group);
        const cell = element(row, place ? "td" : "th", [column.name ? "name" : "", kind].join(" ").trim());
        if (!place) cell.scope = "row";
        cell.dataset.title = column.title;
        // A name of any length has one line, and is whole where somebody points at it.
        if (column.name) cell.title = text;
        element(cell, "span", "", text);
      });
    }
    // On a phone the style makes blocks of the table, which must not cost it what it is.
    for (const [name, role] of [["table", "table"], ["thead, tbody", "rowgroup"], ["tr", "row"], ["thead th", "columnheader"], ["tbody th", "rowheader"], ["td", "cell"]]) {
      for (const part of panel.querySelectorAll(name)) part.setAttribute("role", role);
    }
    if (answer.groups_left_out) element(panel, "p", "quiet", "And " + whole.format(answer.groups_left_out) + " more that are less busy.");
    if (focused >= 0) panel.querySelectorAll(".sort")[focused].focus({ preventScroll: true });
  }

  return { draw };
})();
