//! A query as metric math sees it, whoever has it: an alarm or a call.

/// One of the queries of an alarm or of a call: a metric, or an expression over the others.
#[derive(Debug, Clone, Copy)]
pub struct MathQuery<'a> {
    pub id: &'a str,
    pub expression: Option<&'a str>,
    pub is_metric: bool,
    pub return_data: bool,
}
