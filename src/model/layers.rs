//! One declaration over the declarations it inherits from: the first that says something wins.

use super::node::{Node, Span};
use super::problem::nearest;

/// Maps from the nearest to the farthest: what is written, what a preset writes, what the file's defaults say.
#[derive(Debug, Clone)]
pub struct Layers<'a> {
    layers: Vec<&'a Node>,
    /// The name of the thing declared: the place of a mistake that has no key of its own.
    pub name: Span,
}

impl<'a> Layers<'a> {
    pub fn new(name: Span, layers: impl IntoIterator<Item = &'a Node>) -> Self {
        Self { layers: layers.into_iter().collect(), name }
    }

    /// The nearest value of a key.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    /// The value of a key that the declaration itself gives, not one that it inherits.
    pub fn own(&self, key: &str) -> Option<&'a Node> {
        self.layers.first()?.get(key)
    }

    /// Whether nobody gives a key, and no misspelt key of the declaration was meant to be it (that is said already).
    pub fn lacks(&self, key: &str) -> bool {
        let misspelt = |name: &str| nearest(name, [key]).is_some();
        self.get(key).is_none()
            && !self.layers.first().is_some_and(|own| own.entries().iter().any(|entry| misspelt(&entry.name.text)))
    }

    /// Those of the keys that somebody gives, also those given as `null`.
    pub fn given<'k>(&self, keys: impl IntoIterator<Item = &'k &'k str>) -> impl Iterator<Item = String> {
        keys.into_iter().filter(|key| self.get(key).is_some()).map(|key| (*key).to_owned())
    }

    /// Every layer's value of a key, nearest first.
    pub fn every(&self, key: &str) -> impl Iterator<Item = &'a Node> {
        self.layers.iter().filter_map(move |layer| layer.get(key))
    }

    /// The nearest layer that says any of the keys, alone: keys that only make sense together are inherited together.
    pub fn group(&self, keys: &[&str]) -> Layers<'a> {
        let nearest = self.layers.iter().find(|layer| keys.iter().any(|key| layer.get(key).is_some()));
        Layers { layers: nearest.into_iter().copied().collect(), name: self.name }
    }

    /// The place of the nearest of these keys, else of the name.
    pub fn span(&self, keys: &[&str]) -> Span {
        keys.iter().find_map(|key| self.get(key)).map_or(self.name, |node| node.span)
    }

    /// The place of the key itself in the nearest layer that has it, else of the name.
    pub fn key_span(&self, key: &str) -> Span {
        let entries = self.layers.iter().flat_map(|layer| layer.entries());
        entries.filter(|entry| entry.name.text == key).map(|entry| entry.name.span).next().unwrap_or(self.name)
    }

    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.text().map(str::to_owned)
    }
}
