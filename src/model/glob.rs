//! Patterns over names: `*` matches any text, also none, and `?` for one character. Everything else is itself.

/// Returns whether a text holds a sign that stands for others.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Returns whether the whole name is as the pattern says; in time that grows with the product of both lengths at most.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    // The last `*`, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(sign) if *sign == '?' || *sign == name[of] => {
                at += 1;
                of += 1;
            }
            _ => match &mut star {
                Some((from, taken)) => {
                    *taken += 1;
                    (at, of) = (*from + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_about_the_whole_name() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*", "any", true),
            ("lab-*", "lab-errors", true),
            ("lab-*", "my-lab-errors", false),
            ("*-errors", "lab-errors", true),
            ("*-errors", "lab-errors-2", false),
            ("l*b*s", "lab-errors", true),
            ("a*b*c", "a-b-x", false),
            ("p9?", "p99", true),
            ("p9?", "p9", false),
            ("Größe?", "Größen", true),
            ("lab-errors", "lab-errors", true),
            ("a[b]", "ab", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(is_pattern("a*") && is_pattern("?") && !is_pattern("a.b"));
    }

    /// Held against the plain recursive meaning.
    #[test]
    fn patterns_are_what_their_definition_says() {
        fn defined(pattern: &[char], name: &[char]) -> bool {
            match (pattern, name) {
                ([], name) => name.is_empty(),
                (['*', rest @ ..], name) => (0..=name.len()).any(|taken| defined(rest, &name[taken..])),
                (['?', rest @ ..], [_, name @ ..]) => defined(rest, name),
                ([sign, rest @ ..], [own, name @ ..]) => sign == own && defined(rest, name),
                _ => false,
            }
        }
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let mut text = |signs: &[char], most| -> String {
                (0..random.usize(0..=most)).map(|_| signs[random.usize(..signs.len())]).collect()
            };
            let (pattern, name) = (text(&['a', 'b', '*', '?'], 7), text(&['a', 'b'], 9));
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(matches(&pattern, &name), defined(&chars(&pattern), &chars(&name)), "{pattern} {name}");
        }
    }
}
