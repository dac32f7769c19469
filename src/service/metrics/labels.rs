//! Label values as small numbers, and the bound on how many there may be: what comes after the limit is `other`,
//! so that a flood of new names costs neither memory nor a place in Prometheus.

use std::collections::HashMap;
use std::sync::Arc;

/// A label value of one [`LabelDimension`].
pub type Id = u32;

/// Where everything beyond a limit goes.
pub const OTHER: Id = 0;

#[derive(Debug)]
pub struct LabelDimension {
    ids: HashMap<Box<str>, Id>,
    names: Vec<Arc<str>>,
    most: usize,
    /// Events whose value was folded into `other`.
    pub folded: u64,
}

impl LabelDimension {
    /// At most `most` values beside `other`.
    pub fn new(most: usize) -> Self {
        Self { ids: HashMap::from([("other".into(), OTHER)]), names: vec!["other".into()], most, folded: 0 }
    }

    /// The value's number, [`OTHER`] when it is new and there is no room; `events` of them are then counted as folded.
    pub fn id(&mut self, name: &str, events: u64) -> Id {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len();
        if id > self.most {
            self.folded += events;
            return OTHER;
        }
        self.ids.insert(name.into(), id as Id);
        self.names.push(name.into());
        id as Id
    }

    /// All values, by their numbers.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flood_is_folded_and_counted() {
        let mut dimension = LabelDimension::new(2);
        assert_eq!((dimension.id("a", 1), dimension.id("b", 1), dimension.id("a", 1)), (1, 2, 1));
        assert_eq!((dimension.id("c", 3), dimension.id("other", 1)), (OTHER, OTHER));
        let names: Vec<&str> = dimension.names().iter().map(|name| &**name).collect();
        assert_eq!((dimension.folded, names), (3, vec!["other", "a", "b"]));
    }
}
