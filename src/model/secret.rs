//! Secrets in texts that people see: passwords of URLs and values of query strings. Every output passes through here.

/// The text with `user:password@` and the values of query strings replaced by as many asterisks, so that columns stay.
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, url) = rest.split_at(at + 3);
        out.push_str(before);
        let end = url.find(|c: char| c.is_whitespace() || "\"'`<>,{}\\".contains(c)).unwrap_or(url.len());
        mask_url(&url[..end], &mut out);
        rest = &url[end..];
    }
    out.push_str(rest);
    out
}

/// What follows `://`.
fn mask_url(url: &str, out: &mut String) {
    let authority_end = url.find(['/', '?', '#']).unwrap_or(url.len());
    let (authority, path) = url.split_at(authority_end);
    match authority.rfind('@') {
        Some(at) => {
            stars(&authority[..at], out);
            out.push_str(&authority[at..]);
        }
        None => out.push_str(authority),
    }
    let Some(query) = path.find('?') else { return out.push_str(path) };
    out.push_str(&path[..=query]);
    let (query, fragment) = path[query + 1..].split_at(path[query + 1..].find('#').unwrap_or(path.len() - query - 1));
    for (n, pair) in query.split('&').enumerate() {
        if n > 0 {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((key, value)) => {
                out.push_str(key);
                out.push('=');
                stars(value, out);
            }
            None => stars(pair, out),
        }
    }
    out.push_str(fragment);
}

fn stars(text: &str, out: &mut String) {
    out.extend(text.chars().map(|_| '*'));
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn passwords_and_query_values_are_hidden_and_columns_kept() {
        for (text, masked) in [
            ("https://user:pass@x.edu/a?token=abc&b#f!", "https://*********@x.edu/a?token=***&*#f!"),
            ("see https://x.edu/a and a@b.edu", "see https://x.edu/a and a@b.edu"),
            ("`http://é:ü@x` http://y?k=v.", "`http://***@x` http://y?k=**"),
        ] {
            assert_eq!(mask(text), masked);
            assert_eq!(mask(text).chars().count(), text.chars().count());
        }
    }
}
