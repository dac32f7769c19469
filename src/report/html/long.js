
"use strict";
// A list of many rows: draws those that are looked at, out of columns that are packed beside the table; sorts, filters, unfolds.
for (const list of document.querySelectorAll(".long")) {
  const data = JSON.parse(document.getElementById(list.id + "-data").textContent);
  const table = list.querySelector("table");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const count = list.querySelector(".count");
  const filter = list.querySelector(".filter");
  const order = list.querySelector(".order");
  const more = list.querySelector(".more");
  const kinds = [...list.querySelectorAll(".kind")];
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const WINDOW = 100;

  // A text is packed as how much of the one before it begins with, and the rest.
  const pools = data.pools.map((packed) => {
    let before = "";
    return packed.map((text) => (before = before.slice(0, DIGITS.indexOf(text[0])) + text.slice(1)));
  });
  const coded = (column, row) => (typeof column.codes === "string" ? DIGITS.indexOf(column.codes[row]) : column.codes[row]);
  const cell = (column, row) => (column.pool === undefined ? column.values[coded(column, row)] : pools[column.pool][row]);
  const key = (column, row) => {
    if (column.keys) return column.keys[coded(column, row)];
    const text = cell(column, row).toLowerCase();
    return text === "" ? null : text;
  };
  const filled = (text, row) => text.replace(/\u0001(\d+)\u0001/g, (_, n) => pools[data.names[n].pool][row]);
  const detail = (row) => data.details[coded(data.detail, row)].map((n) => [data.lines[n][0], filled(data.lines[n][1], row)]);
  const roster = (row) => data.names.slice(data.own).map((name) => [name.name, pools[name.pool][row]]).filter(([, value]) => value !== "");

  let texts = null;
  const text = (row) => {
    texts = texts || new Array(data.rows);
    if (texts[row] === undefined) {
      const parts = data.columns.map((column) => cell(column, row));
      for (const [, line] of detail(row)) parts.push(line);
      for (const [, value] of roster(row)) parts.push(value);
      texts[row] = parts.join(" ").toLowerCase();
    }
    return texts[row];
  };

  const element = (name, attributes, ...inner) => {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...inner);
    return made;
  };
  const below = (row) => {
    const cell = element("td", { role: "cell", colspan: String(heads.length) });
    let lines = null;
    let item = cell;
    for (const [kind, line] of detail(row)) {
      if (kind === "h") {
        lines = element("ul", { class: "lines" });
        item = lines;
        cell.append(element("h3", {}, line), lines);
      } else if (kind === "i" || kind === "c") {
        item = element("li", {}, kind === "c" ? element("code", {}, line) : line);
        (lines || cell).append(item);
      } else {
        item.append(element("div", kind === "d" ? { class: "do" } : {}, line));
      }
    }
    const values = roster(row);
    if (values.length) {
      const items = values.map(([name, value]) => element("li", {}, name + ": " + value));
      cell.append(element("h3", {}, "Of the roster"), element("ul", { class: "lines" }, ...items));
    }
    return element("tr", { role: "row", class: "detail", id: list.id + "-" + row }, cell);
  };
  const hasMore = (row) => data.details[coded(data.detail, row)].length > 0 || roster(row).length > 0;
  const drawn = (row) => {
    const made = element("tr", { role: "row", class: "row " + data.statuses[coded(data.status, row)], "data-kind": data.kinds[coded(data.kind, row)] });
    data.columns.forEach((column, at) => {
      const label = heads[at].textContent;
      const shown = cell(column, row);
      let inner = shown;
      if (column.badge) inner = element("span", { class: "badge " + data.statuses[coded(data.status, row)] }, shown);
      else if (column.name && shown.length > 0 && shown.length <= 24) inner = element("span", { class: "keep" }, shown);
      const attributes = { class: heads[at].className, "data-label": label };
      if (at > 0) {
        made.append(element("td", { ...attributes, role: "cell" }, inner));
        return;
      }
      if (hasMore(row)) {
        inner = element("button", { type: "button", class: "unfold", "aria-expanded": "false", "aria-controls": list.id + "-" + row }, inner);
        inner.addEventListener("click", () => {
          const open = inner.getAttribute("aria-expanded") !== "true";
          inner.setAttribute("aria-expanded", String(open));
          if (open) made.after(below(row));
          else made.nextElementSibling.remove();
        });
      }
      made.append(element("th", { ...attributes, role: "rowheader", scope: "row" }, inner));
    });
    return made;
  };

  let rows = Array.from({ length: data.rows }, (_, row) => row);
  let sorted = rows;
  let shown = 0;
  const draw = () => {
    const next = rows.slice(shown, shown + WINDOW);
    body.append(...next.map(drawn));
    shown += next.length;
    more.hidden = shown >= rows.length;
  };
  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(kinds.filter((kind) => kind.getAttribute("aria-pressed") === "true").map((kind) => kind.dataset.kind));
    rows = sorted.filter((row) => (!wanted.size || wanted.has(data.kinds[coded(data.kind, row)])) && words.every((word) => text(row).includes(word)));
    const all = data.rows + " " + data.one + "s";
    count.textContent = rows.length === data.rows ? all : rows.length + " of " + all + " shown";
    body.replaceChildren();
    shown = 0;
    draw();
  };
  const sort = (column, falling) => {
    const numeric = column >= 0 && heads[column].classList.contains("number");
    sorted = Array.from({ length: data.rows }, (_, row) => row);
    if (column >= 0) {
      const keys = sorted.map((row) => key(data.columns[column], row));
      sorted.sort((a, b) => {
        const [x, y] = [keys[a], keys[b]];
        if (x === null || y === null) return (x === null) - (y === null) || a - b;
        const way = numeric ? x - y : x < y ? -1 : x > y ? 1 : 0;
        return (falling ? -way : way) || a - b;
      });
    }
    heads.forEach((head, at) => head.setAttribute("aria-sort", at !== column ? "none" : falling ? "descending" : "ascending"));
    order.value = String(column);
    show();
  };

  heads.forEach((head, column) => head.querySelector(".sort").addEventListener("click", () => {
    const before = head.getAttribute("aria-sort");
    sort(column, before === "none" ? head.classList.contains("number") : before === "ascending");
  }));
  order.addEventListener("change", () => {
    const column = Number(order.value);
    sort(column, column >= 0 && heads[column].classList.contains("number"));
  });
  for (const kind of kinds) {
    kind.addEventListener("click", () => {
      kind.setAttribute("aria-pressed", String(kind.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  let waiting = 0;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 80);
  });
  more.addEventListener("click", draw);
  new IntersectionObserver((seen) => {
    if (seen.some((one) => one.isIntersecting) && !more.hidden) draw();
  }, { rootMargin: "600px" }).observe(more);
  show();

  const fold = () => {
    list.classList.remove("folded");
    list.classList.toggle("folded", table.scrollWidth > list.clientWidth);
  };
  addEventListener("resize", fold);
  fold();
}
