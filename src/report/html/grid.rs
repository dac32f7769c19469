//! A table that can be sorted, filtered and unfolded, and that is a list of cards on a phone. Without the script all of it is there.

use super::{CellStatus, Markup};

/// Longer names are broken between their words.
const KEPT: usize = 24;

/// Rows under columns. `caption` says to a screen reader what they are.
#[derive(Debug)]
pub struct HtmlGrid {
    /// Unique in its page: lower-case letters.
    pub id: &'static str,
    pub caption: String,
    /// What one row is: `account`, `student`.
    pub one: &'static str,
    pub columns: Vec<HtmlColumn>,
    pub rows: Vec<HtmlRow>,
}

#[derive(Debug)]
pub struct HtmlColumn {
    pub title: String,
    /// Numbers stand to the right and are sorted by their value, the greatest first.
    pub numeric: bool,
}

#[derive(Debug)]
pub struct HtmlRow {
    /// By which rows can be shown alone, in a word: `failed`, `in sync`.
    pub kind: String,
    pub mood: CellStatus,
    /// As many as there are columns; the first one names the row.
    pub cells: Vec<HtmlCell>,
    /// What unfolds below the row; nothing, where there is no more to say.
    pub detail: Markup,
}

#[derive(Debug)]
pub struct HtmlCell {
    pub markup: Markup,
    /// What it is sorted by: a number in a numeric column. Absent values come last.
    pub sort: Option<String>,
}

impl HtmlCell {
    pub fn text(text: &str) -> Self {
        let sort = (!text.is_empty()).then(|| text.to_lowercase());
        Self { markup: Markup::text(text), sort }
    }

    /// What somebody or something is called: on one line, unless it is very long.
    pub fn name(text: &str) -> Self {
        let markup = Markup::text(text);
        let is_short = (1..=KEPT).contains(&text.chars().count());
        Self { markup: if is_short { markup.classed("span", "keep") } else { markup }, ..Self::text(text) }
    }

    /// Shown as `shown`, sorted by `value`; without a value it is empty.
    pub fn number(value: Option<f64>, shown: &str) -> Self {
        let markup = if value.is_some() { Markup::text(shown) } else { Markup::default() };
        Self { markup, sort: value.map(|value| value.to_string()) }
    }

    /// A word with a colour, sorted by `rank`.
    pub fn badge(word: &str, mood: CellStatus, rank: usize) -> Self {
        let markup = Markup::text(word).classed("span", &format!("badge {}", mood.class()));
        Self { markup, sort: Some(format!("{rank:03}")) }
    }
}

/// The table with its search field and, where rows differ in kind, a button a kind.
pub fn grid(grid: &HtmlGrid) -> Markup {
    let mut kinds: Vec<GridKind> = Vec::new();
    for line in &grid.rows {
        match kinds.iter_mut().find(|(_, kind, _)| *kind == line.kind) {
            Some((_, _, n)) => *n += 1,
            None => kinds.push((line.mood, &line.kind, 1)),
        }
    }
    let count = super::super::count(grid.rows.len(), grid.one);
    whole(grid, "list", kinds, &count, Markup::default())
}

/// Rows that can be shown alone: how they look, their word, and how many there are.
pub(super) type GridKind<'a> = (CellStatus, &'a str, usize);

/// The list with its rows; `below` stands under its table.
pub(super) fn whole(grid: &HtmlGrid, class: &str, kinds: Vec<GridKind<'_>>, count: &str, below: Markup) -> Markup {
    let id = grid.id;
    let table_id = format!("{id}-table");
    let heads = grid.columns.iter().map(|column| {
        let button = Markup::text(&column.title).with("button", &[("type", "button"), ("class", "sort")]);
        let class = if column.numeric { "number" } else { "words" };
        button.with("th", &[("scope", "col"), ("role", "columnheader"), ("class", class), ("aria-sort", "none")])
    });
    let head = Markup::join(heads).with("tr", &[("role", "row")]).with("thead", &[("role", "rowgroup")]);
    let body = Markup::join(grid.rows.iter().enumerate().map(|(n, line)| row(grid, n, line)));
    let caption = Markup::text(&grid.caption).within("caption");
    let table = Markup::join([caption, head.line(), body.with("tbody", &[("role", "rowgroup")])])
        .with("table", &[("id", &table_id), ("role", "table"), ("class", "grid")]);
    let count = Markup::text(count).with("p", &[("class", "count"), ("role", "status"), ("data-one", grid.one)]);
    Markup::join([tools(grid, &table_id, kinds).line(), count.line(), table.line(), below])
        .with("section", &[("id", id), ("class", class)])
        .line()
}

fn tools(grid: &HtmlGrid, table_id: &str, mut kinds: Vec<GridKind<'_>>) -> Markup {
    let field_id = format!("{}-filter", grid.id);
    let label = Markup::text("Filter").with("label", &[("for", &field_id)]);
    let field = Markup::void(
        "input",
        &[
            ("type", "search"),
            ("id", &field_id),
            ("class", "filter"),
            ("autocomplete", "off"),
            ("aria-controls", table_id),
        ],
    );
    let order_id = format!("{}-order", grid.id);
    let options = grid
        .columns
        .iter()
        .enumerate()
        .map(|(n, column)| Markup::text(&column.title).with("option", &[("value", &n.to_string())]));
    let first = Markup::text("as it is").with("option", &[("value", "-1")]);
    let order = Markup::join([
        Markup::text("Order").with("label", &[("for", &order_id)]),
        Markup::join(std::iter::once(first).chain(options)).with("select", &[("id", &order_id), ("class", "order")]),
    ])
    .classed("div", "field narrow");
    kinds.sort_by_key(|(mood, kind, _)| (std::cmp::Reverse(*mood), *kind));
    let buttons = kinds.iter().map(|(mood, kind, n)| {
        let class = format!("kind {}", mood.class());
        Markup::text(&format!("{n} {kind}"))
            .with("button", &[("type", "button"), ("class", &class), ("data-kind", kind), ("aria-pressed", "false")])
    });
    let buttons = match kinds.len() {
        0 | 1 => Markup::default(),
        _ => Markup::join(buttons).with("div", &[("class", "kinds"), ("role", "group"), ("aria-label", "Show only")]),
    };
    Markup::join([Markup::join([label, field]).classed("div", "field"), order, buttons]).classed("div", "tools")
}

fn row(grid: &HtmlGrid, n: usize, line: &HtmlRow) -> Markup {
    let detail_id = format!("{}-{n}", grid.id);
    let cells = grid.columns.iter().zip(&line.cells).enumerate().map(|(at, (column, cell))| {
        let class = if column.numeric { "number" } else { "words" };
        let mut attributes = vec![("class", class), ("data-label", column.title.as_str())];
        attributes.extend(cell.sort.as_deref().map(|sort| ("data-sort", sort)));
        if at > 0 {
            attributes.push(("role", "cell"));
            return cell.markup.clone().with("td", &attributes);
        }
        attributes.extend([("role", "rowheader"), ("scope", "row")]);
        let named = match line.detail.is_empty() {
            true => cell.markup.clone(),
            false => cell.markup.clone().with(
                "button",
                &[("type", "button"), ("class", "unfold"), ("aria-expanded", "true"), ("aria-controls", &detail_id)],
            ),
        };
        named.with("th", &attributes)
    });
    let class = format!("row {}", line.mood.class());
    let row = Markup::join(cells).with("tr", &[("role", "row"), ("class", &class), ("data-kind", &line.kind)]).line();
    if line.detail.is_empty() {
        return row;
    }
    let span = grid.columns.len().to_string();
    let detail = line.detail.clone().with("td", &[("role", "cell"), ("colspan", &span)]);
    Markup::join([row, detail.with("tr", &[("role", "row"), ("class", "detail"), ("id", &detail_id)]).line()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, mood: CellStatus, detail: &str) -> HtmlRow {
        let cells = vec![HtmlCell::text("<1>"), HtmlCell::number(Some(2.5), "2.50")];
        HtmlRow { kind: kind.to_owned(), mood, cells, detail: Markup::text(detail) }
    }

    fn two(kinds: [&str; 2]) -> String {
        let columns = ["Account", "Cost"].map(|title| HtmlColumn { title: title.to_owned(), numeric: title == "Cost" });
        let rows = vec![line(kinds[0], CellStatus::Bad, "why"), line(kinds[1], CellStatus::Good, "")];
        grid(&HtmlGrid { id: "fleet", caption: "All".to_owned(), one: "account", columns: columns.into(), rows })
            .to_string()
    }

    #[test]
    fn rows_unfold_only_where_there_is_more_to_say() {
        let text = two(["failed", "in sync"]);
        assert_eq!(text.matches("class=\"unfold\"").count(), 1);
        assert!(
            text.contains("aria-controls=\"fleet-0\"") && text.contains("class=\"detail\" id=\"fleet-0\""),
            "{text}"
        );
        assert!(text.contains("data-sort=\"2.5\" role=\"cell\">2.50</td>"), "{text}");
        assert!(text.contains("data-sort=\"&lt;1&gt;\"") && !text.contains("<1>"), "{text}");
        assert_eq!(text.matches("aria-sort=\"none\"").count(), 2);
    }

    #[test]
    fn kinds_are_offered_where_there_are_several_the_worst_first() {
        let text = two(["in sync", "failed"]);
        assert!(text.contains(">1 in sync</button>") && text.contains(">1 failed</button>"), "{text}");
        assert!(!two(["failed", "failed"]).contains("class=\"kinds\""));
    }
}
