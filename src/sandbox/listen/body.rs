//! Bodies as clients send them: bounded in size and time, `gzip` and `aws-chunked` undone. hyper itself takes `Transfer-Encoding:
//! chunked` and answers `Expect: 100-continue`.

use flate2::read::GzDecoder;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest is a function's zip of 50 MB in base64.
const MOST_BYTES: usize = 70 * 1_048_576;
const BODY_TIME: Duration = Duration::from_secs(60);
/// Bodies of all connections together: a function's zip takes half of it.
const MOST_IN_SUM: usize = 160 * 1_048_576;
/// What is taken from the sum at a time, while a body arrives; what is smaller than one costs one.
const PIECE: usize = 65_536;

/// Why a body is not taken.
pub struct RejectedBody {
    pub status: StatusCode,
    pub why: &'static str,
}

const TOO_LARGE: RejectedBody =
    RejectedBody { status: StatusCode::PAYLOAD_TOO_LARGE, why: "The body is larger than 70 MB" };
const NO_ROOM: RejectedBody = RejectedBody {
    status: StatusCode::SERVICE_UNAVAILABLE,
    why: "The bodies under way are larger than 160 MB together: try again",
};
const BROKEN: RejectedBody =
    RejectedBody { status: StatusCode::BAD_REQUEST, why: "The body is not what its headers say" };

/// What all bodies share.
pub fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MOST_IN_SUM / PIECE))
}

/// The part of the room that a body takes, given back when its request is answered.
pub struct Taken {
    room: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Taken {
    fn none_of(room: &Arc<Semaphore>) -> Self {
        Self { room: Arc::clone(room), held: None, bytes: 0 }
    }

    /// Makes place for so many bytes in all; nobody waits for it, since those who hold the rest may wait as well.
    fn grow_to(&mut self, bytes: usize) -> Result<(), RejectedBody> {
        let pieces = |bytes: usize| bytes.div_ceil(PIECE);
        let more = pieces(bytes).saturating_sub(pieces(self.bytes));
        if more > 0 {
            let more = u32::try_from(more).map_err(|_| TOO_LARGE)?;
            let taken = Arc::clone(&self.room).try_acquire_many_owned(more).map_err(|_| NO_ROOM)?;
            match &mut self.held {
                Some(held) => held.merge(taken),
                held => *held = Some(taken),
            }
        }
        self.bytes = self.bytes.max(bytes);
        Ok(())
    }
}

/// Reads a request to its end, as far as there is room for it.
pub async fn read(
    request: Request<Incoming>,
    room: &Arc<Semaphore>,
) -> Result<(Request<Vec<u8>>, Taken), RejectedBody> {
    let (mut head, body) = request.into_parts();
    // A length that is announced need not be read to be refused.
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return Err(TOO_LARGE);
    }
    let mut taken = Taken::none_of(room);
    let mut bytes = match tokio::time::timeout(BODY_TIME, collect(body, &mut taken)).await {
        Ok(read) => read?,
        Err(_) => return Err(RejectedBody { status: StatusCode::REQUEST_TIMEOUT, why: "The body took too long" }),
    };
    let encoding = head.headers.remove("content-encoding");
    let encoding = encoding.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    // The last encoding that is named was done last.
    for name in encoding.split(',').rev().map(str::trim).filter(|name| !name.is_empty()) {
        bytes = match name {
            "aws-chunked" => unchunk(&bytes).ok_or(BROKEN)?,
            "gzip" => {
                let plain = unzip(&bytes)?;
                taken.grow_to(plain.len() + bytes.len())?;
                plain
            }
            "identity" => bytes,
            _ => {
                let why = "Content-Encoding is gzip, aws-chunked or none";
                return Err(RejectedBody { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, why });
            }
        };
    }
    Ok((Request::from_parts(head, bytes), taken))
}

/// The whole body, each piece of it counted before it is kept.
async fn collect(mut body: Incoming, taken: &mut Taken) -> Result<Vec<u8>, RejectedBody> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| BROKEN)?.into_data() else { continue };
        if bytes.len() + piece.len() > MOST_BYTES {
            return Err(TOO_LARGE);
        }
        taken.grow_to(bytes.len() + piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn unzip(bytes: &[u8]) -> Result<Vec<u8>, RejectedBody> {
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
    fn bodies_are_bounded_in_sum_and_give_back_what_they_took() {
        let room = room();
        let mut first = Taken::none_of(&room);
        assert!(first.grow_to(MOST_BYTES).is_ok() && first.grow_to(MOST_BYTES).is_ok());
        let mut second = Taken::none_of(&room);
        assert!(second.grow_to(MOST_BYTES).is_ok());
        let mut third = Taken::none_of(&room);
        assert!(third.grow_to(PIECE).is_ok());
        let refused = third.grow_to(MOST_BYTES).err().map(|refused| refused.status);
        assert_eq!(refused, Some(StatusCode::SERVICE_UNAVAILABLE));
        drop(first);
        assert!(third.grow_to(MOST_BYTES).is_ok());
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
