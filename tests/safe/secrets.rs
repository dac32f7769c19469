//! Random secrets at twelve places of endpoints, and as values of variables: none is in any output, file or log of any command.

use crate::support::{Desk, Ran};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

/// Topics, each with a secret of every place, through all commands and formats.
const EACH: usize = 8;

/// Secrets through the commands that show every endpoint, so many to an account; `MLOPSCTL_CASES` raises them.
const MANY: usize = 240;
const OF_AN_ACCOUNT: usize = 600;
const STATE: &str = "sandbox.json";
const VALUE: &str = "s3cr3t-of-a-variable-4711";
const COLUMN: &str = "s3cr3t-of-a-column-0815";

/// Letters of the shortest secret.
const SHORTEST: usize = 10;

struct Secrets {
    desk: Desk,
    secrets: Vec<String>,
    /// Which secrets begin so: texts are long, and so is the list.
    by_beginning: HashMap<Vec<u8>, Vec<usize>>,
    each: usize,
}

/// Letters and digits, none of them long or short for a reason: what is hidden does not go by its look.
fn random(seed: &mut u64) -> String {
    let mut next = |n: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % n
    };
    let alphabet = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~";
    let length = SHORTEST as u64 + next(24);
    (0..length).map(|_| char::from(alphabet[usize::try_from(next(alphabet.len() as u64)).expect("small")])).collect()
}

/// Where somebody keeps a secret. The host is none of them: it is shown.
fn places(secret: &str) -> [String; 12] {
    [
        format!("https://u-{secret}@h.example.com/a"),
        format!("https://user:{secret}@h.example.com/a"),
        format!("https://h.example.com/a:{secret}"),
        format!("https://h.example.com/{secret}"),
        format!("https://h.example.com/a/{secret}/enqueue"),
        format!("https://h.example.com/a;key={secret};v=1/b"),
        format!("https://h.example.com/a?{secret}=1"),
        format!("https://h.example.com/a?x=1&key={secret}&y=2"),
        format!("https://h.example.com/a#{secret}"),
        format!("https://h.example.com/a%2F{secret}%20b"),
        format!("http://127.0.0.1:9/a/({secret})'x"),
        format!("http://[::1]:9/a,b/{secret}.json"),
    ]
}

impl Secrets {
    fn new(each: usize) -> Self {
        Self::seeded(each, 11)
    }

    fn seeded(each: usize, mut seed: u64) -> Self {
        let secrets: Vec<String> = (0..12 * each).map(|_| random(&mut seed)).collect();
        let mut spec = String::from(
            "version: 1\nstack: hush\nregion: us-east-1\nvars: { token: { secret: true }, column: { secret: true } }\ntopics:\n",
        );
        for n in 0..each {
            let _ = writeln!(spec, "  t{n}:\n    display_name: \"${{token}}\"\n    subscriptions:");
            for (place, secret) in secrets[n * 12..(n + 1) * 12].iter().enumerate() {
                let url = &places(secret)[place];
                let protocol = url.split(':').next().unwrap_or_default();
                let _ = writeln!(spec, "      - {{ protocol: {protocol}, endpoint: \"{url}\" }}");
            }
            let _ = writeln!(spec, "      - {{ protocol: email, endpoint: \"${{column}}@example.edu\" }}");
        }
        spec += "alarms:\n  a:\n    description: \"see ${token}, ${column}\"\n    namespace: AWS/Lambda\n    metric_name: Errors\n    \
                 dimensions: { FunctionName: mlops-service-lambda }\n    statistic: Sum\n    period: 5m\n    threshold: \"> 5\"\n    \
                 treat_missing_data: notBreaching\n    notify: t0\n";
        let desk = Desk::new().env("MLOPSCTL_SANDBOX", "sandbox.json");
        desk.write("alarms.yaml", &spec);
        desk.write("vars.yaml", &format!("token: {VALUE}\n"));
        desk.write(
            "roster.csv",
            &format!("account,name,column\n100000000001,One,{COLUMN}\n100000000002,Two,{COLUMN}\n"),
        );
        let mut all = secrets;
        all.extend([VALUE.to_owned(), COLUMN.to_owned()]);
        let mut by_beginning = HashMap::<_, Vec<usize>>::new();
        for (n, secret) in all.iter().enumerate() {
            by_beginning.entry(secret.as_bytes()[..SHORTEST].to_vec()).or_default().push(n);
        }
        Self { desk, secrets: all, by_beginning, each }
    }

    /// Runs a command and looks through all that it wrote.
    #[track_caller]
    fn run(&self, arguments: &str) -> Ran {
        let vars = ["--var", &format!("column={COLUMN}"), "--var-file", "vars.yaml"];
        let mut all: Vec<&str> = arguments.split(' ').collect();
        let takes =
            ["plan", "apply", "destroy", "status", "subscriptions", "doctor", "lint", "backtest", "signals", "logs"];
        if takes.contains(&all[0]) {
            all.extend(vars);
        }
        let ran = self.desk.run(&all);
        self.look(&ran.command, &ran.stdout);
        self.look(&ran.command, &ran.stderr);
        ran
    }

    /// What is declared secret says the spec: the sandbox's own commands read none, and show its mail as it was sent.
    #[track_caller]
    fn look(&self, whence: &str, text: &str) {
        let known = if whence.starts_with("sandbox ") { 12 * self.each } else { self.secrets.len() };
        let told = text.as_bytes().windows(SHORTEST).enumerate().find_map(|(at, window)| {
            let same = |n: &&usize| **n < known && text[at..].starts_with(self.secrets[**n].as_str());
            self.by_beginning.get(window)?.iter().find(same).map(|n| (at, &self.secrets[*n]))
        });
        if let Some((at, secret)) = told {
            let line = text[..at].lines().last().unwrap_or_default();
            panic!("{whence} tells {secret} behind {line:?}");
        }
    }

    /// Every file but the state of the sandbox, which holds what AWS would hold, and what the user wrote.
    fn look_through_files(&self, folder: &Path) {
        let own = [STATE, "alarms.yaml", "vars.yaml", "roster.csv", "wrong.yaml", "broken.yaml", "wrong-vars.yaml"];
        for entry in std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry")) {
            let name = entry.file_name().to_string_lossy().into_owned();
            match entry.file_type().expect("a type").is_dir() {
                true => self.look_through_files(&entry.path()),
                false if own.contains(&name.as_str()) => {}
                false => self.look(&name, &String::from_utf8_lossy(&std::fs::read(entry.path()).expect("a file"))),
            }
        }
    }
}

#[test]
fn no_command_tells_a_secret_in_any_format() {
    let all = Secrets::new(EACH);
    for format in ["table", "json", "sarif", "github"] {
        all.run(&format!("lint --format {format}"));
    }
    for format in ["table", "json", "markdown"] {
        all.run(&format!("plan --format {format}")).exits(0);
        all.run(&format!("plan -v --format {format}")).exits(0);
        all.run(&format!("doctor --format {format}"));
    }
    all.run("plan --out plan.json").exits(0);
    all.run("plan --detailed-exitcode").exits(2);
    all.run("apply plan.json --yes -v").exits(0);
    // What is stored is the truth, so nothing is left to do.
    all.run("plan --detailed-exitcode").exits(0);
    all.run("apply --yes --format json").exits(0);
    for format in ["table", "json", "markdown"] {
        all.run(&format!("status --format {format}"));
        all.run(&format!("status -v --format {format}"));
        if format != "markdown" {
            all.run(&format!("subscriptions list --format {format}")).exits(0);
        }
        all.run(&format!("doctor --format {format}"));
        all.run(&format!("backtest --format {format}"));
        all.run(&format!("signals --format {format}"));
    }
    all.run("signals --html signals.html --svg signals.svg");
    all.run("logs");
    all.run("subscriptions wait --timeout 1s").exits(7);
    all.run("sandbox mail");
    all.run("sandbox mail -v --format json");
    all.run("sandbox show");
    all.run("sandbox advance 3h");
    all.run("drill --yes");

    let listed = all.run("subscriptions list --format json").json();
    let rows = listed["subscriptions"].as_array().expect("a list");
    assert_eq!(rows.len(), 13 * EACH);
    // The mail address is subscribed to each topic, and so is, to all that SNS and we tell of it, what differs in its password.
    let named = |name: &str| rows.iter().filter(|row| row["endpoint"] == name).count();
    let mut shared = 0;
    for row in rows.iter().filter(|row| row["protocol"] != "email").step_by((rows.len() / 12) | 1) {
        let name = row["endpoint"].as_str().expect("a text");
        let count = named(name);
        shared += usize::from(count > 1);
        assert!(count == 1 || count == EACH, "{name} names {count}");
        let asked = format!("{count} of {count} asked again");
        all.run(&format!("subscriptions resend {name} --yes")).exits(0).says(&asked);
        if let Some((_, fingerprint)) = name.split_once('#') {
            all.run(&format!("subscriptions resend {fingerprint} --yes")).exits(0).says(&asked);
        }
    }
    assert!(shared <= 1, "only the place of a password is one name");
    let unknown = format!("https://h.example.com/{}x", all.secrets[0]);
    all.run(&format!("subscriptions resend {unknown} --yes")).exits(64);
    let https = rows.iter().find(|row| row["protocol"] == "https").expect("one");
    let name = https["endpoint"].as_str().expect("a text");
    all.run(&format!("sandbox mail {name}")).says("to confirm");
    all.run(&format!("sandbox confirm {name}")).exits(0);
    all.run("sandbox confirm --all").exits(0);
    all.run(&format!("sandbox unsubscribe {name}"));
    all.run("subscriptions list").exits(0);

    for format in ["table", "json", "markdown", "csv", "html", "junit"] {
        let roster = "--accounts roster.csv --var-file vars.yaml";
        for command in ["plan", "apply --yes", "status", "destroy --yes"] {
            let mut words: Vec<&str> = command.split(' ').collect();
            words.extend(roster.split(' '));
            words.extend(["--format", format, "--report", "fleet.json", "--report", "fleet.html"]);
            let ran = all.desk.run(&words);
            all.look(&ran.command, &ran.stdout);
            all.look(&ran.command, &ran.stderr);
            assert_ne!(ran.code, Some(64), "{ran}");
        }
        all.run(&format!("report show fleet.json --format {format}"));
    }
    all.run("destroy --yes --format json");
    all.look_through_files(&all.desk.path("."));
}

/// As many as the time allows: most are alike in form, and each is random.
#[test]
fn no_secret_of_many_is_told_by_plan_apply_status_lists_and_destroy() {
    let cases = std::env::var("MLOPSCTL_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(MANY);
    let accounts = cases.div_ceil(OF_AN_ACCOUNT) as u64;
    for account in 0..accounts {
        many_of_an_account(&Secrets::seeded(cases.min(OF_AN_ACCOUNT) / 12, 1_000 + account));
    }
    println!("{cases} secrets in {accounts} accounts");
}

fn many_of_an_account(all: &Secrets) {
    let last = format!("ünd {}", all.secrets[all.secrets.len() - 1]);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| all.look("itself", &last))).is_err());
    for format in ["table", "json", "sarif", "github"] {
        all.run(&format!("lint --format {format}"));
    }
    for format in ["table", "json", "markdown"] {
        all.run(&format!("plan -v --format {format}")).exits(0);
    }
    all.run("plan --out plan.json").exits(0);
    all.run("apply plan.json --yes -v").exits(0);
    for format in ["table", "json", "markdown"] {
        all.run(&format!("status -v --format {format}"));
    }
    for format in ["table", "json"] {
        all.run(&format!("subscriptions list --format {format}")).exits(0);
    }
    all.run("destroy --yes -v --format json").exits(0);
    all.look_through_files(&all.desk.path("."));
}

#[test]
fn no_mistake_tells_a_secret() {
    let all = Secrets::new(10);
    let (mut wrong, mut broken) =
        (String::from("version: 1\nstack: x\ntopics:\n  t:\n    subscriptions:\n"), String::new());
    for (n, secret) in all.secrets.iter().take(120).enumerate() {
        // Of another protocol, so that the address is quoted and its line is shown.
        let url = &places(secret)[n % 12];
        let protocol = if url.starts_with("https") { "http" } else { "https" };
        let _ = writeln!(wrong, "      - {{ protocol: {protocol}, endpoint: \"{url}\" }}");
        let _ = writeln!(broken, "{url}: \"{url}");
    }
    all.desk.write("wrong.yaml", &wrong);
    all.desk.write("broken.yaml", &broken);
    all.desk.write("wrong-vars.yaml", &format!("token: {VALUE}\ntoken: [{COLUMN}]\n"));
    for format in ["table", "json"] {
        all.run(&format!("plan --file wrong.yaml --format {format}"));
        all.run(&format!("plan --file broken.yaml --format {format}")).exits(65);
        all.run(&format!("plan --var-file wrong-vars.yaml --format {format}")).exits(65);
    }
    all.run(&format!("plan --var {COLUMN}")).exits(64);
    all.run(&format!("plan --no-such-flag https://u:{VALUE}@h.example.com/")).exits(64);
    all.run(&format!("report show https://u:{COLUMN}@h.example.com/x")).says("could not read");
    let short = all.desk.run(&["plan", "--var", "token=abc", "--var", "column=defghi"]).exits(65);
    assert!(short.stderr.contains("too short to be hidden"), "{short}");
    let plain = Desk::new();
    for secret in &all.secrets[..24] {
        let url = format!("http://127.0.0.1:9/{secret}?k={secret}");
        let ran = plain.run(&["subscriptions", "confirm", "--url", &url]);
        all.look(&ran.command, &ran.stderr);
        let ran = plain.run(&["traffic", "--url", &url, "--count", "1"]);
        all.look("traffic", &(ran.stdout + &ran.stderr));
    }
}

/// The sandbox holds what AWS would hold, for its owner's eyes only.
#[cfg(unix)]
#[test]
fn the_files_of_plans_and_of_the_sandbox_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let all = Secrets::new(EACH);
    all.run("plan --out plan.json").exits(0);
    all.run("apply plan.json --yes").exits(0);
    for name in [STATE, "sandbox.json.lock", "plan.json"] {
        let mode = std::fs::metadata(all.desk.path(name)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // What is in the way is neither followed nor waited for.
    let target = all.desk.path("target");
    std::fs::write(&target, "kept").expect("a file");
    std::os::unix::fs::symlink(&target, all.desk.path("link.json")).expect("a link");
    let refused = all.desk.run(&["sandbox", "show", "--sandbox", "link.json"]);
    assert!(refused.stderr.contains("symbolic link") && refused.code == Some(1), "{refused}");
    let made = std::process::Command::new("mkfifo").arg(all.desk.path("pipe")).status().expect("mkfifo");
    assert!(made.success());
    for arguments in ["sandbox show --sandbox pipe", "apply pipe --yes", "report show pipe", "plan --out pipe"] {
        let refused = all.run(arguments);
        assert!(refused.stderr.contains("no plain file") && refused.code != Some(0), "{refused}");
    }
    assert_eq!(all.desk.read("target"), "kept");
}
