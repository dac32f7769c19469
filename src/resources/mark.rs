//! The marks by which a resource is known as ours, without a state file: whose it is, and whether it existed before. Only
//! the words of the marks: what follows from them decides `plan::ownership`.

use super::ResourceTags;

/// Tag whose value names the stack that owns the resource.
pub const STACK: &str = "mlopsctl:stack";
/// Tag of a resource that existed before the stack adopted it: it is left in place where it is not wanted any more. Of a log
/// group the value is the retention it had, `never` or days; of other kinds, of which nothing is restored, `yes`.
pub const ADOPTED: &str = "mlopsctl:adopted";
/// Everything below this prefix is ours to write.
const PREFIX: &str = "mlopsctl:";

/// Who a live resource belongs to, as its tags tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Ours,
    /// Another stack's, by name.
    Foreign(String),
    Nobody,
}

pub fn owner(tags: &ResourceTags, stack: &str) -> Owner {
    match tags.get(STACK) {
        None => Owner::Nobody,
        Some(name) if name == stack => Owner::Ours,
        Some(name) => Owner::Foreign(name.clone()),
    }
}

pub fn is_mark(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// Returns the tags without any mark of ours.
pub fn without_marks(tags: &ResourceTags) -> ResourceTags {
    tags.iter().filter(|(key, _)| !is_mark(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ownership_is_read_off_the_stack_tag() {
        let tags = |v: &str| ResourceTags::from([(STACK.to_owned(), v.to_owned())]);
        assert_eq!(owner(&tags("a"), "a"), Owner::Ours);
        assert_eq!(owner(&tags("b"), "a"), Owner::Foreign("b".into()));
        assert_eq!(owner(&ResourceTags::new(), "a"), Owner::Nobody);
    }
}
