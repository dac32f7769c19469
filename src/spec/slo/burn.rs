//! How fast an error budget may be spent before somebody is notified: the SRE workbook's table, for windows of any length.

/// How soon somebody has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BurnSeverity {
    /// Now.
    Page,
    /// Within days.
    Ticket,
}

impl BurnSeverity {
    pub const ALL: [BurnSeverity; 2] = [BurnSeverity::Page, BurnSeverity::Ticket];

    /// As in the names of alarms and in the keys of the spec.
    pub fn word(self) -> &'static str {
        match self {
            BurnSeverity::Page => "page",
            BurnSeverity::Ticket => "ticket",
        }
    }
}

/// One row of the table. Seconds; the key is that of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurnRow {
    pub severity: BurnSeverity,
    /// Per cent of the budget that is spent when the longer window has burnt at the row's rate.
    pub share: i64,
    pub long: (i64, &'static str),
    /// A twelfth of the longer one: once it is clean, trouble is over.
    pub short: (i64, &'static str),
}

/// Site Reliability Workbook, chapter 5, table 5-8.
pub static TABLE: [BurnRow; 3] = [
    BurnRow { severity: BurnSeverity::Page, share: 2, long: (3_600, "page_1h"), short: (300, "page_5m") },
    BurnRow { severity: BurnSeverity::Page, share: 5, long: (21_600, "page_6h"), short: (1_800, "page_30m") },
    BurnRow { severity: BurnSeverity::Ticket, share: 10, long: (259_200, "ticket_3d"), short: (21_600, "ticket_6h") },
];

impl BurnRow {
    /// The burn rate that spends the row's share of the budget of a window (seconds) within the longer window, to four decimals; 14.4, 6
    /// and 1 for 30 days. At a rate below 1 the budget would outlast its window, so that is the least.
    pub fn burn_rate(&self, window: i64) -> f64 {
        let rate = (self.share * window) as f64 / (100 * self.long.0) as f64;
        (rate.max(1.0) * 1e4).round() / 1e4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn of_thirty_days_it_is_the_workbooks_table() {
        let rates = |days: i64| TABLE.map(|row| row.burn_rate(days * DAY));
        assert_eq!(rates(30), [14.4, 6.0, 1.0]);
        assert_eq!(rates(28), [13.44, 5.6, 1.0]);
        assert_eq!(rates(7), [3.36, 1.4, 1.0]);
        assert_eq!(rates(90), [43.2, 18.0, 3.0]);
        assert!(TABLE.iter().all(|row| row.long.0 == 12 * row.short.0));
    }
}
