//! Walks CBOR (RFC 8949) where it lies, without building values: what an answer weighs, and which keys it has. Decodes nothing
//! that nobody asks for; what is not well formed is `None`, never a panic.

/// Nesting that is followed; service models go nowhere near it.
const DEEPEST: usize = 64;

/// A place in an encoded document.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What begins at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Entries; `None` where a break ends them.
    Map(Option<u64>),
    Array(Option<u64>),
    /// Bytes of a text; `None` where chunks follow up to a break.
    Text(Option<u64>),
    Bytes(Option<u64>),
    /// One item follows that it says something of.
    Tag,
    Break,
    /// A number, a boolean, null.
    Scalar,
}

/// What is in a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CborContents {
    pub maps: usize,
    pub items: usize,
    pub is_too_deep: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads the head of the item that begins here.
    pub fn head(&mut self) -> Option<Head> {
        let first = *self.bytes.get(self.at)?;
        self.at += 1;
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                let wide = 1 << (info - 24);
                let taken = self.take(wide)?;
                Some(taken.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return None,
        };
        Some(match (major, argument) {
            (0 | 1, Some(_)) => Head::Scalar,
            (2, length) => Head::Bytes(length),
            (3, length) => Head::Text(length),
            (4, length) => Head::Array(length),
            (5, length) => Head::Map(length),
            (6, Some(_)) => Head::Tag,
            (7, None) => Head::Break,
            (7, Some(_)) => Head::Scalar,
            _ => return None,
        })
    }

    /// The key that begins here, where it is a text in one piece.
    pub fn key(&mut self) -> Option<&'a str> {
        match self.head()? {
            Head::Text(Some(length)) => std::str::from_utf8(self.take(usize::try_from(length).ok()?)?).ok(),
            _ => None,
        }
    }

    /// Passes over the item that begins here and gives its bytes.
    pub fn skip(&mut self) -> Option<&'a [u8]> {
        let from = self.at;
        let walked = self.walk(&mut CborContents::default());
        walked.then(|| &self.bytes[from..self.at])
    }

    /// Whether a container of this length has no further entry after so many; passes over the break that says so.
    pub fn is_over(&mut self, length: Option<u64>, passed: u64) -> Option<bool> {
        if let Some(length) = length {
            return Some(passed >= length);
        }
        let over = *self.bytes.get(self.at)? == 0xff;
        self.at += usize::from(over);
        Some(over)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    /// Walks one whole item without recursion; whether it is well formed and not too deep.
    fn walk(&mut self, contents: &mut CborContents) -> bool {
        // What is still to come of each container that is open: items, or everything up to a break.
        let mut open: Vec<Option<u64>> = Vec::new();
        let mut left = Some(1);
        loop {
            if left == Some(0) {
                match open.pop() {
                    Some(outer) => left = outer,
                    None => return true,
                }
                continue;
            }
            let Some(head) = self.head() else { return false };
            contents.items += 1;
            let inner = match head {
                Head::Break => {
                    if left.is_some() {
                        return false;
                    }
                    left = Some(0);
                    continue;
                }
                Head::Scalar => None,
                Head::Tag => Some(Some(1)),
                Head::Text(Some(length)) | Head::Bytes(Some(length)) => {
                    if usize::try_from(length).ok().and_then(|length| self.take(length)).is_none() {
                        return false;
                    }
                    None
                }
                Head::Text(None) | Head::Bytes(None) => Some(None),
                Head::Array(length) => Some(length),
                Head::Map(length) => {
                    contents.maps += 1;
                    Some(length.map(|length| length.saturating_mul(2)))
                }
            };
            left = left.map(|left| left - 1);
            let Some(inner) = inner else { continue };
            // More entries are announced than there are bytes: whoever believes it would make room for them.
            if inner.is_some_and(|length| length > (self.bytes.len() - self.at) as u64) {
                return false;
            }
            if open.len() >= DEEPEST {
                contents.is_too_deep = true;
                return false;
            }
            open.push(left);
            left = inner;
        }
    }
}

/// What is in a whole document; `None` where it is not well formed.
pub fn contents(bytes: &[u8]) -> Option<CborContents> {
    let mut contents = CborContents::default();
    let well = Cursor::new(bytes).walk(&mut contents);
    (well || contents.is_too_deep).then_some(contents)
}

/// The item as JSON in one line, cut off behind so many characters; what JSON cannot say (bytes) is named.
pub fn short_json(item: &[u8], longest: usize) -> String {
    let value: Option<ciborium::Value> = ciborium::from_reader(item).ok();
    let text = value.map_or_else(|| "something".to_owned(), |value| json(value).to_string());
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn json(value: ciborium::Value) -> serde_json::Value {
    use ciborium::Value;
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Integer(value) => i64::try_from(value).map_or_else(|_| i128::from(value).to_string().into(), Into::into),
        Value::Float(value) => value.into(),
        Value::Text(text) => text.into(),
        Value::Tag(_, value) => json(*value),
        Value::Array(items) => items.into_iter().map(json).collect(),
        Value::Map(entries) => {
            let key = |key: Value| key.into_text().unwrap_or_else(|key| json(key).to_string());
            entries.into_iter().map(|(name, value)| (key(name), json(value))).collect()
        }
        other => format!("{} bytes", other.as_bytes().map_or(0, Vec::len)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &serde_json::Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_document_is_walked_and_counted() {
        let bytes = encoded(&serde_json::json!({ "a": [1, -2, 3.5, null], "b": { "c": "text" } }));
        let found = contents(&bytes).unwrap();
        assert_eq!((found.maps, found.items, found.is_too_deep), (2, 11, false));
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.head(), Some(Head::Map(Some(2))));
        assert_eq!(cursor.key(), Some("a"));
        assert_eq!(cursor.skip().map(<[u8]>::len), Some(encoded(&serde_json::json!([1, -2, 3.5, null])).len()));
        assert_eq!(cursor.key(), Some("b"));
        // Without lengths: {_ "a": [_ 1, 2]}
        assert_eq!(contents(b"\xbf\x61a\x9f\x01\x02\xff\xff").map(|found| found.items), Some(7));
    }

    #[test]
    fn what_lies_or_is_cut_off_is_no_document() {
        for bytes in [&b""[..], b"\x61", b"\xa1\x61a", b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xff", b"\xbf\x61a"] {
            assert_eq!(contents(bytes), None, "{bytes:x?}");
        }
        assert!(contents(&[0x81; 1 << 20]).unwrap().is_too_deep);
    }
}
