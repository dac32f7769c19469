//! A real headless Chromium, driven through chromedriver by the WebDriver protocol.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::tools::{self, find, free_port, wait_for};

pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Browser {
    /// None where Chromium or its driver is not installed, outside of CI.
    pub fn start() -> Option<Self> {
        let (driver, chromium) = (find(&["chromedriver"])?, find(&["chromium"])?);
        let port = free_port();
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut browser = Self { driver, address: SocketAddr::from(([127, 0, 0, 1], port)), session: String::new() };
        wait_for("chromedriver listens", || Client::connect(browser.address).is_ok());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.ask("POST", "/session", &wanted);
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.answer(method, path, body);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()["value"].clone()
    }

    fn answer(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = if method == "GET" { Vec::new() } else { body.to_string().into_bytes() };
        Client::connect(self.address)
            .unwrap()
            .request(method, path, &[("Content-Type", "application/json"), ("Connection", "close")], &body)
            .unwrap()
    }

    fn session(&self, what: &str, body: &Value) -> Value {
        self.ask("POST", &format!("{}/{what}", self.session), body)
    }

    pub fn open(&self, url: &str) {
        self.session("url", &json!({"url": url}));
    }

    /// The value of a JavaScript expression in the page.
    pub fn eval(&self, expression: &str) -> Value {
        self.session("execute/sync", &json!({"script": format!("return {expression}"), "args": []}))
    }

    pub fn text(&self, selector: &str) -> String {
        self.eval(&format!("document.querySelector('{selector}').innerText")).as_str().unwrap_or_default().to_owned()
    }

    /// A real click where the element lies. One that the page has drawn anew since it was found is found again.
    pub fn click(&self, selector: &str) {
        wait_for("what is clicked stays", || {
            let element = self.session("element", &json!({"using": "css selector", "value": selector}));
            let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
            let answer = self.answer("POST", &format!("{}/element/{id}/click", self.session), &json!({}));
            let stale = answer.status == 404 && answer.json()["value"]["error"] == "stale element reference";
            assert!(stale || answer.status == 200, "{selector}: {answer:?}");
            !stale
        });
    }

    /// A command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.session("goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    pub fn size(&self, width: u32, height: u32) {
        let phone = width < 600;
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone}),
        );
    }

    /// The whole page as a picture.
    pub fn screenshot(&self, file: &Path) {
        let shot = self.devtools("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let data = shot["data"].as_str().unwrap();
        assert!(data.len() > 10_000, "the picture is empty");
        let mut decode = Command::new("base64")
            .arg("-d")
            .stdin(Stdio::piped())
            .stdout(std::fs::File::create(file).unwrap())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut decode.stdin.take().unwrap(), data.as_bytes()).unwrap();
        assert!(decode.wait().unwrap().success());
    }

    /// Texts whose colour stands out from their ground by less than 4.5 to 1 (WCAG 2 AA).
    pub fn low_contrast(&self) -> Vec<Value> {
        let script = "(() => {
            const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
              .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (element) => { for (; element; element = element.parentElement) {
              const colour = channels(getComputedStyle(element).backgroundColor); if (colour.length < 4 || colour[3] > 0) return colour; } return [255, 255, 255]; };
            return [...document.querySelectorAll('h1, h2, p, dt, dd, strong, span, figcaption, a, button, th, td, li, pre, summary, label')].filter((e) => e.offsetParent && e.innerText).map((e) => {
              const [a, b] = [light(channels(getComputedStyle(e).color)), light(ground(e))];
              return [e.innerText, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; }).filter(([, ratio]) => ratio < 4.5);
          })()";
        self.eval(script).as_array().cloned().unwrap_or_default()
    }

    /// What axe finds wrong with the page: rules and the elements that break them. Nothing where it is not installed.
    pub fn violations(&self) -> Vec<Value> {
        let Some(script) = tools::axe() else { return Vec::new() };
        let script = std::fs::read_to_string(script).unwrap();
        self.session("execute/sync", &json!({"script": script, "args": []}));
        let check = "const done = arguments[0]; window.axe.run(document).then((found) =>
            done([found.passes.length, found.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.html)])]))";
        let found = self.session("execute/async", &json!({"script": check, "args": []}));
        assert!(found[0].as_u64().unwrap() > 20, "axe has hardly looked: {found}");
        found[1].as_array().unwrap().clone()
    }

    /// Presses a key where the focus is.
    pub fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.devtools("Input.dispatchKeyEvent", &json!({"type": kind, "key": key, "code": key}));
        }
    }

    /// Moves the mouse to a place of an element, as a share of its width and height.
    pub fn point(&self, selector: &str, across: f64, down: f64) {
        let place = self.eval(&format!(
            "(() => {{ const element = document.querySelector('{selector}'); element.scrollIntoView({{block: 'center'}});
              const r = element.getBoundingClientRect(); return [r.left + r.width * {across}, r.top + r.height * {down}]; }})()"
        ));
        self.devtools("Input.dispatchMouseEvent", &json!({"type": "mouseMoved", "x": place[0], "y": place[1]}));
    }

    /// What the page complained of since the last time: errors, broken policies.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.session("se/log", &json!({"type": "browser"}));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| Some(entry["message"].as_str()?.to_owned())).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty()
            && let Ok(mut client) = Client::connect(self.address)
        {
            let _ = client.request("DELETE", &self.session, &[("Connection", "close")], b"");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
