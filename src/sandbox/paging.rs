//! Pages of a list, stable while the list changes: a token names the last key given, not a position.

use super::fault::Fault;
use super::store::Tx;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// By key, where AWS promises it.
    ByKey,
    /// Scattered by the seed, where AWS promises nothing: whoever relies on an order is found out.
    Scattered,
}

/// One page of `items` (key and value), and the token of the next one if there is more.
///
/// `invalid` makes the service's own error for a token that is not one of ours.
pub fn page<T>(
    tx: &Tx,
    mut items: Vec<(String, T)>,
    order: Order,
    token: Option<&str>,
    size: usize,
    invalid: impl FnOnce() -> Fault,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let rank = |key: &str| match order {
        Order::ByKey => 0,
        Order::Scattered => tx.scatter(key),
    };
    items.sort_by_cached_key(|(key, _)| (rank(key), key.clone()));
    let start = match token.filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => {
            let last = unhex(token).ok_or_else(invalid)?;
            let last = (rank(&last), last);
            items.partition_point(|(key, _)| (rank(key), key.clone()) <= last)
        }
    };
    let more = items.len() > start + size;
    let next = more.then(|| hex(&items[start + size - 1].0));
    Ok((items.into_iter().skip(start).take(size).map(|(_, item)| item).collect(), next))
}

/// The same of items that are looked up one by one, `None` where one is not wanted: only those of the page are.
pub fn page_of<T>(
    tx: &Tx,
    keys: Vec<String>,
    order: Order,
    token: Option<&str>,
    size: usize,
    invalid: impl FnOnce() -> Fault,
    read: impl Fn(&str) -> Result<Option<T>, Fault>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let keys = keys.into_iter().map(|key| (key.clone(), key)).collect::<Vec<_>>();
    let all = keys.len();
    let (keys, _) = page(tx, keys, order, token, all.max(1), invalid)?;
    let (mut found, mut last) = (Vec::new(), None);
    for key in keys {
        let Some(item) = read(&key)? else { continue };
        if found.len() == size {
            return Ok((found, last.as_deref().map(hex)));
        }
        found.push(item);
        last = Some(key);
    }
    Ok((found, None))
}

fn hex(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(token: &str) -> Option<String> {
    let digits = token.as_bytes();
    let bytes = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}
