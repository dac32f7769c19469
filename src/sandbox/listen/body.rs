//! Bodies as clients send them: bounded in size and time, `gzip` and `aws-chunked` undone. hyper itself takes `Transfer-Encoding:
//! chunked` and answers `Expect: 100-continue`.

use flate2::read::GzDecoder;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Incoming};
use std::io::Read;
use std::time::Duration;

/// The largest is a function's zip of 50 MB in base64.
const MOST_BYTES: usize = 70 * 1_048_576;
const BODY_TIME: Duration = Duration::from_secs(60);

/// Why a body is not taken.
pub struct Refused {
    pub status: StatusCode,
    pub why: &'static str,
}

const TOO_LARGE: Refused = Refused { status: StatusCode::PAYLOAD_TOO_LARGE, why: "The body is larger than 70 MB" };
const BROKEN: Refused = Refused { status: StatusCode::BAD_REQUEST, why: "The body is not what its headers say" };

/// Reads a request to its end.
pub async fn read(request: Request<Incoming>) -> Result<Request<Vec<u8>>, Refused> {
    let (mut head, body) = request.into_parts();
    // A length that is announced need not be read to be refused.
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return Err(TOO_LARGE);
    }
    let reading = Limited::new(body, MOST_BYTES).collect();
    let mut bytes = match tokio::time::timeout(BODY_TIME, reading).await {
        Ok(Ok(whole)) => whole.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => return Err(TOO_LARGE),
        Ok(Err(_)) => return Err(BROKEN),
        Err(_) => return Err(Refused { status: StatusCode::REQUEST_TIMEOUT, why: "The body took too long" }),
    };
    let encoding = head.headers.remove("content-encoding");
    let encoding = encoding.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    // The last encoding that is named was done last.
    for name in encoding.split(',').rev().map(str::trim).filter(|name| !name.is_empty()) {
        bytes = match name {
            "aws-chunked" => unchunk(&bytes).ok_or(BROKEN)?,
            "gzip" => unzip(&bytes)?,
            "identity" => bytes,
            _ => {
                let why = "Content-Encoding is gzip, aws-chunked or none";
                return Err(Refused { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, why });
            }
        };
    }
    Ok(Request::from_parts(head, bytes))
}

fn unzip(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut plain = Vec::new();
    let read = GzDecoder::new(bytes).take(MOST_BYTES as u64 + 1).read_to_end(&mut plain).map_err(|_| BROKEN)?;
    if read > MOST_BYTES { Err(TOO_LARGE) } else { Ok(plain) }
}

/// Chunks of `SIZE[;chunk-signature=...]\r\n DATA \r\n`, the last one empty; trailers after it are left aside.
fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    loop {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&bytes[..end]).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(plain);
        }
        plain.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn chunks_are_joined_and_broken_ones_refused() {
        let signed = b"4;chunk-signature=00\r\nabcd\r\n2\r\nef\r\n0;chunk-signature=00\r\nx-amz-trailer: 1\r\n\r\n";
        assert_eq!(unchunk(signed).as_deref(), Some(&b"abcdef"[..]));
        for broken in [&b"4\r\nabc"[..], b"x\r\n", b"", b"4\r\nabcd0\r\n", b"ffffffffffffffff\r\nab\r\n"] {
            assert_eq!(unchunk(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn what_unzips_to_too_much_is_refused() {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..71 {
            zip.write_all(&vec![0; 1_048_576]).unwrap();
        }
        let bomb = zip.finish().unwrap();
        assert!(bomb.len() < MOST_BYTES / 50);
        assert_eq!(unzip(&bomb).err().map(|refused| refused.status), Some(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(unzip(b"no zip").err().map(|refused| refused.status), Some(StatusCode::BAD_REQUEST));
    }
}
