//! Pages of a list, stable while the list changes: a token names the last key given, not a position.

use super::fault::Fault;
use super::store::Tx;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// By key, where AWS promises it.
    ByKey,
    /// Scattered by the seed, where AWS promises nothing: whoever relies on an order is found out.
    Scattered,
}

impl Order {
    fn rank(self, tx: &Tx, key: &str) -> u64 {
        match self {
            Order::ByKey => 0,
            Order::Scattered => tx.scatter(key),
        }
    }
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
    let rank = |key: &str| order.rank(tx, key);
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

/// The same of items that are looked up one by one, `None` where one is not wanted: only those of the page are read and put in
/// order, so that all pages of a long list together cost little more than the list.
pub fn page_of<T>(
    tx: &Tx,
    keys: Vec<&str>,
    order: Order,
    token: Option<&str>,
    size: usize,
    invalid: impl FnOnce() -> Fault,
    read: impl Fn(&str) -> Result<Option<T>, Fault>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let place = |key| (order.rank(tx, key), key);
    let last = token.filter(|token| !token.is_empty()).map(|token| unhex(token).ok_or_else(invalid)).transpose()?;
    let last = last.as_deref().map(place);
    let places = keys.into_iter().map(place).filter(|place| last.is_none_or(|last| *place > last));
    let mut left: BinaryHeap<_> = places.map(Reverse).collect();
    let (mut found, mut last) = (Vec::new(), None);
    while let Some(Reverse((_, key))) = left.pop() {
        let Some(item) = read(key)? else { continue };
        if found.len() == size {
            return Ok((found, last.map(hex)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::EntityStore;
    use crate::weather::Weather;
    use std::cell::Cell;

    /// All pages together read each item once, and one more a page to see whether there is a next one.
    #[test]
    fn the_pages_of_a_long_list_cost_little_more_than_the_list() {
        const ITEMS: usize = 1_000;
        const PAGE: usize = 10;
        let names: Vec<String> = (0..ITEMS).map(|n| format!("n{n:04}")).collect();
        for order in [Order::ByKey, Order::Scattered] {
            let (read, mut store) = (Cell::new(0), EntityStore::in_memory(|_, _| Vec::new()));
            let listed = store.transact("1", "r", &Weather::default(), 1, |tx| {
                let invalid = || Fault::validation("token");
                let odd = |name: &str| {
                    read.set(read.get() + 1);
                    Ok(name.ends_with(['1', '3', '5', '7', '9']).then(|| name.to_owned()))
                };
                let (mut all, mut token, mut pages) = (Vec::new(), None, 0);
                loop {
                    let keys = names.iter().map(String::as_str).collect();
                    let (found, next) = page_of(tx, keys, order, token.as_deref(), PAGE, invalid, odd)?;
                    (token, pages) = (next, pages + 1);
                    all.extend(found);
                    if token.is_none() {
                        return Ok((all, pages));
                    }
                }
            });
            let (mut all, pages) = listed.unwrap().0.unwrap();
            assert_eq!(pages, ITEMS / 2 / PAGE);
            assert!(read.get() <= ITEMS + pages * PAGE, "{}", read.get());
            assert_eq!(all.is_sorted(), order == Order::ByKey);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), ITEMS / 2);
        }
    }
}
