//! A text of every dangerous character in each field that AWS or a student fills, through every command and format: what the
//! program writes is parsed as its readers do, and nothing in it is active.

use crate::active;
use crate::support::Desk;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;

const GROUP: &str = "/aws/lambda/mlops-service-lambda";
/// What steers a terminal or hides.
const STEERS: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{8}\r\u{b}\u{c}\u{7f}\u{85}\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\
\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{fffe}\u{ffff}\u{e000}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{f0000}\u{10fffd}";
/// What is run, followed or obeyed by somebody who reads it.
const ORDERS: &str =
    "\n::error::a\n  ::add-mask::b\n##[error]c ##vso[task.d]e ##teamcity[f]\nsection_start:1:g\r\u{1b}[0K";
const MARKUP: &str = " [a](javascript:alert(1)) ![b](http://evil.example/x) <img src=x onerror=alert(1)> </td></script><script>alert(1)</script> \
<!-- x --> ]]> &lt;b&gt; `c` |d| **e** _f_ ~~g~~ @octocat #1 octo/cat#2 GH-3 www.evil.example WWW.EVIL.EXAMPLE https://evil.example/h a@evil.example \\ $x$ :x:";
const FORMULAS: &str = "=cmd|' /C calc'!A0";

fn everything() -> String {
    format!("{FORMULAS}{STEERS}{ORDERS}{MARKUP}")
}

/// As a part of a line that allows no control characters.
fn printable() -> String {
    let text: String = format!("::error::{FORMULAS}{STEERS}{MARKUP}").chars().filter(|c| !c.is_control()).collect();
    text.chars().take(250).collect()
}

struct World {
    desk: Desk,
    served: Child,
    address: String,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.served.kill();
        let _ = self.served.wait();
    }
}

impl World {
    fn new() -> Self {
        let desk = Desk::new().env("MLOPSCTL_SANDBOX", "sandbox.json");
        let mut served = desk.start(&["sandbox", "serve", "--port", "0"]);
        let mut line = String::new();
        BufReader::new(served.stdout.as_mut().expect("piped")).read_line(&mut line).expect("it says where it is");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        let address = url.trim_start_matches("http://").trim_end_matches(':').to_owned();
        Self { desk, served, address }
    }

    /// A call as any client makes it.
    #[track_caller]
    fn call(&self, service: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let scope = format!("AWS4-HMAC-SHA256 Credential=x/20261125/us-east-1/{service}/aws4_request, Signature=0");
        let head = format!(
            "host: localhost\r\nconnection: close\r\nauthorization: {scope}\r\ncontent-length: {}\r\n",
            body.len()
        );
        write!(stream, "POST / HTTP/1.1\r\n{head}{headers}\r\n{body}").expect("it takes the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn form(&self, service: &str, pairs: &[(&str, &str)]) -> String {
        let code = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", code(value))).collect();
        self.call(service, "content-type: application/x-www-form-urlencoded\r\n", &body.join("&"))
    }

    fn logs(&self, operation: &str, body: &Value) -> String {
        let headers =
            format!("content-type: application/x-amz-json-1.1\r\nx-amz-target: Logs_20140328.{operation}\r\n");
        self.call("logs", &headers, &body.to_string())
    }

    /// What AWS would fill: the lines of a function, a state's reason, an alarm of somebody else.
    fn fill(&self) {
        let lines = [
            everything(),
            format!("REPORT RequestId: {}\tDuration: 1 ms", printable()),
            json!({ "level": "ERROR", "message": everything(), "errorMessage": everything() }).to_string(),
        ];
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
        let events: Vec<Value> = lines.iter().map(|line| json!({ "timestamp": now as u64, "message": line })).collect();
        self.logs("CreateLogGroup", &json!({ "logGroupName": GROUP }));
        self.logs("CreateLogStream", &json!({ "logGroupName": GROUP, "logStreamName": "hostile" }));
        let put = self
            .logs("PutLogEvents", &json!({ "logGroupName": GROUP, "logStreamName": "hostile", "logEvents": events }));
        assert!(put.starts_with("HTTP/1.1 200"), "{put}");
        let (version, name) = (("Version", "2010-08-01"), printable());
        let put = self.form(
            "monitoring",
            &[
                ("Action", "PutMetricAlarm"),
                version,
                ("AlarmName", &name),
                ("AlarmDescription", &everything()),
                ("Namespace", "AWS/Lambda"),
                ("MetricName", "Errors"),
                ("Dimensions.member.1.Name", "FunctionName"),
                ("Dimensions.member.1.Value", "mlops-service-lambda"),
                ("Statistic", "Sum"),
                ("Period", "300"),
                ("EvaluationPeriods", "1"),
                ("Threshold", "5"),
                ("ComparisonOperator", "GreaterThanThreshold"),
            ],
        );
        assert!(put.starts_with("HTTP/1.1 200"), "{put}");
        let state = [
            ("Action", "SetAlarmState"),
            version,
            ("AlarmName", &name),
            ("StateValue", "ALARM"),
            ("StateReason", &everything()),
        ];
        let set = self.form("monitoring", &state);
        assert!(set.starts_with("HTTP/1.1 200"), "{set}");
    }

    /// Runs a command and looks at both of its streams.
    #[track_caller]
    fn run(&self, arguments: &[&str], check: fn(&str) -> Vec<String>) -> Option<i32> {
        let ran = self.desk.run(arguments);
        let found = check(&ran.stdout);
        assert!(found.is_empty(), "{arguments:?} writes {found:#?}\n{}", ran.stdout);
        let found = active::in_text(&ran.stderr);
        assert!(found.is_empty(), "{arguments:?} says {found:#?}\n{}", ran.stderr);
        assert!(ran.code != Some(70) && ran.code.is_some(), "{ran}");
        ran.code
    }

    #[track_caller]
    fn run_in(&self, words: &str, format: &str) -> Option<i32> {
        let mut all: Vec<&str> = words.split(' ').collect();
        all.extend(["--format", format]);
        self.run(&all, check_of(format))
    }

    #[track_caller]
    fn file(&self, name: &str) {
        let Ok(text) = std::fs::read_to_string(self.desk.path(name)) else { return };
        let ending = Path::new(name).extension().unwrap_or_default().to_string_lossy().into_owned();
        // A spreadsheet takes a table for UTF-8 by the mark at its beginning, and only there.
        let mark = if ending == "csv" { "\u{feff}" } else { "" };
        let found = check_of(&ending)(text.strip_prefix(mark).unwrap_or(&text));
        assert!(found.is_empty(), "{name} holds {found:#?}\n{text}");
    }
}

fn check_of(format: &str) -> fn(&str) -> Vec<String> {
    match format {
        "json" | "sarif" => active::in_json,
        "markdown" | "md" => active::in_markdown,
        "csv" => active::in_csv,
        "junit" | "xml" => active::in_junit,
        "html" | "svg" => active::in_html,
        "github" => active::in_annotations,
        _ => active::in_text,
    }
}

/// A text as YAML takes any: in double quotes, escaped as JSON is.
fn yaml(text: &str) -> String {
    let ascii = |c: char| match c {
        ' '..='~' if c != '"' && c != '\\' => c.to_string(),
        c if u32::from(c) <= 0xffff => format!("\\u{:04x}", u32::from(c)),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(ascii).collect::<String>())
}

/// A spec in which a student fills each field with all that it takes.
fn spec() -> String {
    let (all, line) = (yaml(&everything()), yaml(&printable()));
    format!(
        "version: 1\nstack: hostile\nregion: us-east-1\ntags: {{ note: \"= + - @ ::error:: a@b.example\" }}\ntopics:\n  alerts:\n    display_name: {short}\n    \
         subscriptions:\n      - {{ protocol: email, endpoint: {mail} }}\n      - {{ protocol: https, endpoint: {url} }}\nalarms:\n  {line}:\n    description: {all}\n    \
         # mlopsctl: allow(no-ok-action) {comment}\n    namespace: AWS/Lambda\n    metric_name: Errors\n    dimensions: {{ FunctionName: mlops-service-lambda }}\n    \
         statistic: Sum\n    period: 5m\n    threshold: \"> 5\"\n    notify: alerts\n  '=1+1':\n    description: {all}\n    namespace: AWS/Lambda\n    metric_name: {line}\n    \
         statistic: Sum\n    period: 5m\n    threshold: \"> 5\"\n",
        // All but what XML, and so SNS, has no words for.
        short =
            yaml(&printable().chars().filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}')).take(90).collect::<String>()),
        mail = yaml("=cmd|x`<script>alert(1)</script>::error::\u{202e}\u{200b}\u{e0041}[a](b)@x.example"),
        url = yaml("https://h.example.com/\u{202e}\u{200b}\u{e0041}[a](javascript:x)|=1"),
        comment = "::error::x ##[error]y <img src=x> [a](b) \u{202e}\u{200b}\u{e0041}",
    )
}

#[test]
fn nothing_active_of_one_account_is_written() {
    let world = World::new();
    world.fill();
    world.desk.write("alarms.yaml", &spec());
    for format in ["table", "json", "sarif", "github"] {
        world.run_in("lint", format);
    }
    for format in ["table", "json", "markdown"] {
        assert_eq!(world.run_in("plan", format), Some(0));
        world.run_in("plan -v --adopt", format);
        world.run_in("plan --color always", format);
        world.run_in("doctor", format);
        world.run_in("backtest", format);
    }
    world.run(&["plan", "--adopt", "--out", "plan.json"], active::in_text);
    world.file("plan.json");
    assert_eq!(world.run(&["apply", "plan.json", "--yes"], active::in_text), Some(0));
    world.run(&["sandbox", "confirm", "--all"], active::in_text);
    let set = world.form(
        "monitoring",
        &[
            ("Action", "SetAlarmState"),
            ("Version", "2010-08-01"),
            ("AlarmName", &printable()),
            ("StateValue", "ALARM"),
            ("StateReason", &everything()),
        ],
    );
    assert!(set.starts_with("HTTP/1.1 200"), "{set}");
    for format in ["table", "json", "markdown"] {
        for command in [
            "status",
            "status -v",
            "subscriptions list",
            "doctor",
            "backtest",
            "signals",
            "apply --yes",
            "lint --online",
        ] {
            if !(command.starts_with("lint") && format == "markdown") {
                world.run_in(command, format);
            }
        }
    }
    world.run(&["signals", "--html", "signals.html", "--svg", "signals.svg"], active::in_text);
    world.run(&["backtest", "--html", "backtest.html"], active::in_text);
    for format in ["table", "json"] {
        world.run_in("logs", format);
        world.run_in("logs --summary", format);
        world.run_in("sandbox mail -v", format);
        world.run_in("drill --yes", format);
    }
    for name in ["signals.html", "signals.svg", "backtest.html"] {
        world.file(name);
    }
    for words in [
        "sandbox show",
        "sandbox advance 1h",
        "subscriptions resend --all --yes",
        "plan --target nothing/there",
        "destroy --yes",
    ] {
        world.run(&words.split(' ').collect::<Vec<_>>(), active::in_text);
    }
    let (all, line) = (everything(), printable());
    for arguments in [
        ["plan", "--file", &all],
        ["plan", "--target", &all],
        ["plan", "--region", &all],
        [&all, "x", &line],
        ["plan", "--var", &line],
    ] {
        let arguments = arguments.map(|text| text.replace('\0', ""));
        world.run(&arguments.each_ref().map(String::as_str), active::in_text);
    }
}

#[test]
fn nothing_active_of_a_roster_a_rubric_or_a_test_is_written() {
    let world = World::new();
    world.desk.write("alarms.yaml", &spec());
    let (line, all) = (printable(), everything());
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    world.desk.write(
        "roster.csv",
        &format!(
            "account,name,note,{}\n100000000001,{},{},x\n100000000002,{},=2+3,y\nno-account,a,b,c\n",
            cell("=head\u{202e}<b>"),
            cell(&line),
            cell(&all.replace('\0', "")),
            cell("@SUM(A1);=1+1")
        ),
    );
    world.desk.write("good.csv", &world.desk.read("roster.csv").replace("no-account,a,b,c\n", ""));
    for format in ["table", "json", "markdown", "csv", "html", "junit"] {
        world.run_in("plan --accounts roster.csv", format);
        for command in ["plan", "status", "apply --yes", "check", "doctor"] {
            let files: Vec<String> =
                ["json", "html", "csv", "md", "xml"].iter().map(|end| format!("fleet.{end}")).collect();
            let mut words = format!("{command} --accounts good.csv");
            if command == "check" {
                words += " --rubric rubric.yaml";
            }
            if command != "doctor" {
                words += &files.iter().map(|name| format!(" --report {name}")).collect::<String>();
            }
            world.desk.write(
                "rubric.yaml",
                &format!(
                    "version: 1\ntitle: {0}\nitems:\n  - {{ name: one, says: {0}, points: 5, topic: {{ publishable: true }} }}\n  \
                     - {{ name: two, says: {1}, points: 5, alarm: {{ metric_name: Errors }} }}\n",
                    yaml(&line), yaml("=1+1")
                ),
            );
            world.run_in(&words, format);
            files.iter().for_each(|name| world.file(name));
        }
        world.run_in("report show fleet.json", format);
    }
    world.desk.write(
        "x.test.yaml",
        &format!(
            "spec: alarms.yaml\ntests:\n  - name: {0}\n    series:\n      - {{ namespace: AWS/Lambda, metric_name: Errors, dimensions: {{ FunctionName: mlops-service-lambda }}, values: \"0x5 9x9\" }}\n    \
             expect:\n      - {{ at: 1h, alarm: {1}, state: ALARM }}\n",
            yaml(&all), yaml(&line)
        ),
    );
    for format in ["table", "junit"] {
        world.run_in("test x.test.yaml", format);
    }
    world.run(&["accounts"], active::in_text);
}

/// What an endpoint answers is shown, and obeyed by nobody.
#[test]
fn nothing_active_of_an_error_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || refuse(stream));
        }
    });
    let desk = Desk::new().env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "x").env("AWS_MAX_ATTEMPTS", "1");
    desk.write("alarms.yaml", &spec());
    for format in ["table", "json", "markdown"] {
        for command in ["plan", "apply --yes", "status", "subscriptions list", "doctor"] {
            let mut words: Vec<&str> = command.split(' ').collect();
            words.extend(["--endpoint-url", &url, "--format", format]);
            let ran = desk.run(&words);
            let found = [check_of(format)(&ran.stdout), active::in_text(&ran.stderr)].concat();
            assert!(found.is_empty() && ran.code != Some(0), "{found:#?}\n{ran}");
        }
    }
}

fn refuse(stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a clone"));
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    let message: String = everything().chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace(['\u{fffe}', '\u{ffff}'], "");
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    let head = format!(
        "HTTP/1.1 403 No\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        xml.len()
    );
    let mut stream = stream;
    let _ = stream.write_all((head + &xml).as_bytes());
}
