//! Which accounts and regions a roster has named already, in a few bytes each: of a million there are some dozen megabytes.

use crate::model::node::Span;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The places where accounts and regions are named first.
#[derive(Default)]
pub struct SeenTargets {
    /// By account: its first region and the place of it.
    first: HashMap<u64, u64>,
    /// Further regions of accounts, with their places.
    further: HashMap<(u64, u64), u64>,
    regions: HashMap<String, u64>,
}

/// Bits of a region's number, and of how much longer than an id a place is.
const REGION: u32 = 20;
const LENGTH: u32 = 4;
const ID: usize = 12;

impl SeenTargets {
    /// Takes a right account and region, `""` for where the roster does not say, down; returns where it stands already.
    pub fn note(&mut self, account: &str, region: &str, span: Span) -> Option<Span> {
        // Twelve digits, as the form asks for: no two are the same number.
        let account: u64 = account.parse().unwrap_or_default();
        let next = self.regions.len() as u64;
        let region = match self.regions.get(region) {
            Some(region) => *region,
            None => *self.regions.entry(region.to_owned()).or_insert(next),
        };
        let length = span.end.saturating_sub(span.start + ID).min((1 << LENGTH) - 1) as u64;
        let place = (span.start as u64) << LENGTH | length;
        match self.first.get(&account) {
            None => {
                self.first.insert(account, place << REGION | region);
                None
            }
            Some(known) if known & ((1 << REGION) - 1) == region => Some(of(known >> REGION)),
            Some(_) => match self.further.entry((account, region)) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                    None
                }
                Entry::Occupied(entry) => Some(of(*entry.get())),
            },
        }
    }

    /// Whether the account has been named before this place.
    pub fn knows(&self, account: &str) -> bool {
        account.parse().is_ok_and(|account| self.first.contains_key(&account))
    }
}

fn of(place: u64) -> Span {
    let start = usize::try_from(place >> LENGTH).unwrap_or(usize::MAX);
    let length = usize::try_from(place & ((1 << LENGTH) - 1)).unwrap_or_default();
    Span::new(start, start + ID + length)
}
