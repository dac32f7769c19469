use super::*;

fn tail(text: &str) -> (&str, &str) {
    text.rsplit_once('#').unwrap()
}

#[test]
fn of_an_address_scheme_and_host_are_shown_and_its_name() {
    for (text, shown) in [
        ("https://user:hunter2@example.edu/hook", "https://example.edu/#"),
        ("https://a@b@example.edu", "https://example.edu/#"),
        ("https://h.io:8443/x?Token=abc&n=", "https://h.io:8443/#"),
        ("https://events.pagerduty.com/integration/abcdefghijklmnopqrst/enqueue", "https://events.pagerduty.com/#"),
        ("postgres://u:p@db/x", "postgres://db/#"),
        ("custom+x://h;matrix=secret", "custom+x://***/#"),
        ("https%3A%2F%2Fsecret%40h.io", "https%3A%2F%2F***/#"),
        ("https://h.io:hunter2/", "https://***/#"),
        ("https://[::1]:80/a", "https://[::1]:80/#"),
        ("https://${host}/secret", "https://***/#"),
        ("HTTPS%3A%2F%2Fh.io%2Fsecret", "HTTPS%3A%2F%2Fh.io/#"),
        ("https%253a%252F%252fh.io%252Fsecret", "https%253a%252F%252fh.io/#"),
        (r"https:\/\/h.io\/secret", r"https:\/\/h.io/#"),
        ("https://h.io/#9f86d081884c", "https://h.io/#"),
        ("https://h.io?s", "https://h.io/#"),
    ] {
        let hidden = hide(text);
        assert_eq!(tail(&hidden).0, &shown[..shown.len() - 1], "{text}");
        assert_eq!(tail(&hidden).1, fingerprint(text), "{text}");
        assert_eq!(hide(&hidden), hidden, "what is hidden stays as it is");
        assert_eq!(hide(&mask(text)), mask(text), "and what is starred, too");
        assert_eq!(mask(text).chars().count(), text.chars().count());
        assert!(names(&hidden, text) && names(tail(&hidden).1, text) && names(&format!("#{}", tail(&hidden).1), text));
    }
}

#[test]
fn in_a_sentence_only_the_address_is_hidden() {
    let hidden = hide("see 'https://h.io/x?t=1', (http://g.io/y). Then {\"u\":\"https://h.io/x\\\"\"} <ftp://h/z>");
    let (x, y, z) = (fingerprint("https://h.io/x?t=1"), fingerprint("http://g.io/y"), fingerprint("ftp://h/z"));
    let u = fingerprint("https://h.io/x");
    let expected =
        format!("see 'https://h.io/#{x}', (http://g.io/#{y}). Then {{\"u\":\"https://h.io/#{u}\\\"\"}} <ftp://h/#{z}>");
    assert_eq!(hidden, expected);
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "",
        "://",
        "::://",
        "a?token=1",
        "you@example.edu",
        "arn:aws:sns:us-east-1:123456789012:mlops-lambda-alerts",
        "http://127.0.0.1:4599",
        "https://abc.lambda-url.us-east-1.on.aws/",
        "http://127.0.0.1:4599/function-url/us-east-1:mlops/",
        "xmlns=\"http://www.w3.org/2000/svg\"",
        "at http://[::1], http://[::1]:80.",
        "file:///home/x/alarms.yaml",
        "100%3Apercent",
    ] {
        assert_eq!(hide(text), text);
        assert_eq!(mask(text), text);
    }
}

#[test]
fn a_starred_password_has_the_name_of_the_true_one() {
    assert_eq!(fingerprint("https://u:hunter2@h.io/x"), fingerprint("https://u:****@h.io/x"));
    assert_ne!(fingerprint("https://u:hunter2@h.io/x"), fingerprint("https://v:hunter2@h.io/x"));
}

#[test]
fn what_only_looks_like_a_fingerprint_is_hidden() {
    for n in 0..2_000u64 {
        let digits = digits(n);
        let text = format!("https://h.io/#{digits}");
        assert!(!hide(&text).contains(&digits), "{text}");
    }
    fn digits(n: u64) -> String {
        format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

#[test]
fn a_declared_value_is_hidden_wherever_it_stands() {
    let value = "p\"4&ss wo\u{e9}rd-of-this-test";
    declare(value);
    let name = format!("***#{}", fingerprint(value));
    for text in [value.to_owned(), serde_json::Value::from(value).to_string(), format!("{value:?}")] {
        let hidden = hide(&format!("error: {text}!"));
        assert!(hidden.contains(&name) && !hidden.contains("wo"), "{hidden}");
        assert_eq!(hide(&hidden), hidden);
    }
    let form: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    assert!(!hide(&form).contains("of-this-test"));
    let starred = mask(&format!("  token: {value}"));
    assert_eq!(starred, format!("  token: {}", "*".repeat(value.chars().count())));
    assert!(names(&name, value));
    let text = format!("a {value} b {value}, ***#0000000000000000 c");
    assert_eq!(reveal(&hide_declared(&text)).unwrap(), text);
    let unknown = format!("***#{}", fingerprint("nobody declared this"));
    assert_eq!(reveal(&unknown).unwrap_err(), fingerprint("nobody declared this"));
    declare("abc");
    assert_eq!(hide("abc"), "abc", "too short to be found in a text");
}

#[test]
fn a_secret_of_an_address_is_hidden_at_every_place_of_it() {
    let mut seed = 7u64;
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~";
    for n in 0..10_000 {
        let secret: String = (0..8 + n % 25)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(alphabet[usize::try_from(seed >> 33).unwrap() % alphabet.len()])
            })
            .collect();
        for (place, url) in places(&secret).iter().enumerate() {
            let sentence = format!("refused: '{url}', again {}", serde_json::json!({ "endpoint": url }));
            assert!(!hide(url).contains(&secret), "place {place}: {}", hide(url));
            assert!(!mask(&sentence).contains(&secret), "place {place}: {}", mask(&sentence));
        }
    }
}

/// The positions of an endpoint in which somebody keeps a secret. The host is none: it is shown.
fn places(secret: &str) -> [String; 12] {
    [
        format!("https://{secret}@h.example.com/a"),
        format!("https://user:{secret}@h.example.com/a"),
        format!("https://h.example.com:{secret}/a"),
        format!("https://h.example.com/{secret}"),
        format!("https://h.example.com/a/{secret}/enqueue"),
        format!("https://h.example.com/a;key={secret};v=1/b"),
        format!("https://h.example.com/a?{secret}=1"),
        format!("https://h.example.com/a?x=1&key={secret}&y=2"),
        format!("https://h.example.com/a#{secret}"),
        format!("https://h.example.com/a%2F{secret}%20b"),
        format!("http://[::1]:8080/a/({secret})'x"),
        format!("unknown+scheme://h.example.com\\{secret}"),
    ]
}
