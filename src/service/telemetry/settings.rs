//! What the environment says of OpenTelemetry, by the specification's own variables. Opens nothing.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::bail;

use crate::config::ProcessEnvironment;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The specification's default for one export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans and metrics go. Both `None`: nothing is made or sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TelemetrySettings {
    /// The whole address of the receiver of spans.
    pub traces: Option<String>,
    /// The whole address of the receiver of metrics.
    pub metrics: Option<String>,
    /// Sent with each export: credentials, mostly.
    pub headers: HashMap<String, String>,
    /// From connecting to the end of the answer.
    pub timeout: Duration,
    pub service_name: String,
    pub environment: String,
}

impl TelemetrySettings {
    /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT` (or one a signal, `..._TRACES_ENDPOINT` and `..._METRICS_ENDPOINT`),
    /// `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_SERVICE_NAME`, `OTEL_SDK_DISABLED`,
    /// `OTEL_TRACES_EXPORTER` and `OTEL_METRICS_EXPORTER` (`otlp` or `none`); see the specification's "OTLP exporter
    /// configuration". Sampling and batching are the SDK's own variables.
    ///
    /// # Errors
    /// When an endpoint is no http(s) address, a protocol is asked for that is not spoken, or a number is none.
    pub fn from_environment(env: &ProcessEnvironment, environment: &str) -> anyhow::Result<Self> {
        if env.get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::default());
        }
        let timeout = match env.get("OTEL_EXPORTER_OTLP_TIMEOUT") {
            None => TIMEOUT,
            Some(text) => match text.parse() {
                Ok(milliseconds) => Duration::from_millis(milliseconds),
                Err(_) => bail!("OTEL_EXPORTER_OTLP_TIMEOUT must be milliseconds, and is {text:?}"),
            },
        };
        let settings = Self {
            traces: endpoint(env, "TRACES", "v1/traces")?,
            metrics: endpoint(env, "METRICS", "v1/metrics")?,
            headers: env.get("OTEL_EXPORTER_OTLP_HEADERS").map(headers).unwrap_or_default(),
            timeout,
            service_name: env.get("OTEL_SERVICE_NAME").unwrap_or("mlops-service").to_owned(),
            environment: environment.to_owned(),
        };
        let spoken = |protocol: &&str| *protocol != "http/protobuf";
        match env.get("OTEL_EXPORTER_OTLP_PROTOCOL").filter(spoken) {
            Some(other) if settings.traces.is_some() || settings.metrics.is_some() => {
                bail!(
                    "OTEL_EXPORTER_OTLP_PROTOCOL is {other:?}: only http/protobuf is spoken (port 4318 of a collector)"
                )
            }
            _ => Ok(settings),
        }
    }
}

/// A signal's own address as it is, or the common one with the signal's path.
fn endpoint(env: &ProcessEnvironment, signal: &str, path: &str) -> anyhow::Result<Option<String>> {
    if env.get(&format!("OTEL_{signal}_EXPORTER")) == Some("none") {
        return Ok(None);
    }
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
    let (name, given, address) = match (env.get(&own), env.get(ENDPOINT)) {
        (Some(address), _) => (own.as_str(), address, address.to_owned()),
        (None, Some(base)) => (ENDPOINT, base, format!("{}/{path}", base.trim_end_matches('/'))),
        (None, None) => return Ok(None),
    };
    let valid = address.parse::<axum::http::Uri>().is_ok_and(|uri| {
        uri.host().is_some_and(|host| !host.is_empty()) && matches!(uri.scheme_str(), Some("http" | "https"))
    });
    if !valid {
        bail!("{name} must be an address such as http://localhost:4318, and is {given:?}");
    }
    Ok(Some(address))
}

/// `key=value,key=value` with percent-encoded values (W3C Baggage, as the specification wants it).
fn headers(text: &str) -> HashMap<String, String> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), decoded(value.trim()))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> anyhow::Result<TelemetrySettings> {
        TelemetrySettings::from_environment(&ProcessEnvironment::of(pairs.iter().copied()), "test")
    }

    #[test]
    fn off_unless_an_endpoint_is_named() {
        let off = |pairs: &[(&str, &str)]| {
            let settings = read(pairs).unwrap();
            settings.traces.is_none() && settings.metrics.is_none()
        };
        assert!(off(&[]));
        assert!(off(&[(ENDPOINT, "http://c:4318"), ("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(off(&[
            (ENDPOINT, "http://c:4318"),
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "none")
        ]));
    }

    #[test]
    fn the_common_endpoint_gets_a_path_and_a_signals_own_is_taken_as_it_is() {
        let settings = read(&[
            (ENDPOINT, "http://c:4318/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://m/otlp"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x, a=b=c"),
        ])
        .unwrap();
        assert_eq!(settings.traces.as_deref(), Some("http://c:4318/v1/traces"));
        assert_eq!(settings.metrics.as_deref(), Some("https://m/otlp"));
        assert_eq!(settings.headers["authorization"], "Bearer x");
        assert_eq!(settings.headers["a"], "b=c");
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (name, value) in [
            (ENDPOINT, "collector:4317"),
            (ENDPOINT, "ftp://c"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let error = read(&[(ENDPOINT, "http://c:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err();
        assert!(error.to_string().contains("http/protobuf"), "{error}");
    }
}
