//! How requests leave this machine: directly or by a proxy, and whose certificates are trusted. The only reader of HTTPS_PROXY,
//! HTTP_PROXY, NO_PROXY and AWS_CA_BUNDLE; the calls of AWS and all other HTTP go by it.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::sync::Arc;

/// Lower case first, as curl and the AWS CLI do; ALL_PROXY where nothing else is named.
const HTTPS: &[&str] = &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const HTTP: &[&str] = &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY: &[&str] = &["no_proxy", "NO_PROXY"];
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// Where instances and containers get their credentials: never told to a proxy (Amazon EC2 user guide, "Instance metadata
/// service"; Amazon ECS and EKS developer guides, credentials of tasks and pods).
const METADATA: &str = "169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,fd00:ec2::23";

/// What the environment says of the way out. Without any of the variables: directly, and by the system's certificates.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    http: Option<Proxy>,
    https: Option<Proxy>,
    no_proxy: String,
    authorities: Option<Vec<u8>>,
}

#[derive(Clone)]
struct Proxy {
    /// With its user and password, if it has some.
    url: Uri,
    variable: &'static str,
}

/// A variable that is no proxy, or names no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {what}")]
pub struct BadNetwork {
    /// The variable, or the key of a profile.
    name: String,
    what: String,
    pub remedy: &'static str,
}

impl NetworkSettings {
    /// Reads the environment. `ca_bundle` is that of the profile, which AWS_CA_BUNDLE wins over.
    pub fn of_environment(ca_bundle: Option<&str>) -> Result<Self, BadNetwork> {
        Self::read(|name| std::env::var(name).ok(), ca_bundle)
    }

    fn read(variable: impl Fn(&str) -> Option<String>, ca_bundle: Option<&str>) -> Result<Self, BadNetwork> {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, variable(name).filter(|value| !value.trim().is_empty())?)))
        };
        let proxy = |names| first(names).map(|(name, value)| Proxy::read(name, value.trim())).transpose();
        let of_variable = variable(CA_BUNDLE).filter(|path| !path.is_empty());
        let bundle = match (&of_variable, ca_bundle) {
            (Some(path), _) => Some((CA_BUNDLE, path.as_str())),
            (None, path) => path.map(|path| ("ca_bundle of the profile", path)),
        };
        let rules = first(NO_PROXY).map(|(_, rules)| rules).unwrap_or_default();
        // `*.example.edu` is written, too; the matcher knows `.example.edu`.
        let rules = rules
            .split(',')
            .map(str::trim)
            .map(|rule| rule.strip_prefix('*').filter(|r| !r.is_empty()).unwrap_or(rule));
        let rules: Vec<&str> = rules.chain([METADATA]).filter(|rule| !rule.is_empty()).collect();
        Ok(Self {
            http: proxy(HTTP)?,
            https: proxy(HTTPS)?,
            no_proxy: rules.join(","),
            authorities: bundle.map(|(name, path)| authorities(name, path)).transpose()?,
        })
    }

    /// For the SDK's clients.
    pub fn client(self) -> SharedHttpClient {
        let context = self.trusted();
        let direct = client(context.clone(), ProxyConfig::disabled());
        let Some(routes) = self.routes(|proxy| client(context.clone(), proxy)) else { return direct };
        SharedHttpClient::new(RoutedClient { direct, routes })
    }

    /// For requests of our own.
    pub fn connector(self) -> SharedHttpConnector {
        let context = self.trusted();
        let direct = connector(context.clone(), ProxyConfig::disabled());
        let Some(routes) = self.routes(|proxy| connector(context.clone(), proxy)) else { return direct };
        SharedHttpConnector::new(RoutedConnector { direct, routes })
    }

    fn routes<T>(&self, by: impl Fn(ProxyConfig) -> T) -> Option<Routes<T>> {
        let route = |proxy: &Option<Proxy>| {
            let proxy = proxy.as_ref()?;
            // What is no proxy for the client was refused when it was read.
            Some((by(ProxyConfig::all(proxy.url.clone()).ok()?), proxy.clone()))
        };
        let (http, https) = (route(&self.http), route(&self.https));
        // The matcher's own `*` is for names only, not for addresses.
        let none_at_all = self.no_proxy.split(',').any(|rule| rule == "*");
        if none_at_all || (http.is_none() && https.is_none()) {
            return None;
        }
        let address = |proxy: &Option<Proxy>| proxy.as_ref().map(|proxy| proxy.url.to_string()).unwrap_or_default();
        let matcher =
            Matcher::builder().http(address(&self.http)).https(address(&self.https)).no(&self.no_proxy).build();
        Some(Routes { matcher: Arc::new(matcher), http, https })
    }

    fn trusted(&self) -> TlsContext {
        let Some(pem) = &self.authorities else { return TlsContext::default() };
        let store = TrustStore::empty().with_pem_certificate(pem.clone());
        // Building it only puts the parts together.
        TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
    }
}

impl Proxy {
    fn read(variable: &'static str, text: &str) -> Result<Self, BadNetwork> {
        let bad = |what: &str| BadNetwork {
            name: variable.to_owned(),
            what: what.to_owned(),
            remedy: "write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT; NO_PROXY names hosts that need none",
        };
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        // The text may hold a password, so it is not shown.
        let url: Uri = whole.parse().map_err(|_| bad("it is not the address of a proxy"))?;
        match url.scheme_str() {
            Some("http" | "https") if url.host().is_some_and(|host| !host.is_empty()) => {}
            Some("http" | "https") => return Err(bad("it names no host")),
            Some(scheme) => return Err(bad(&format!("a proxy is spoken to by http or https, not {scheme}"))),
            None => return Err(bad("it is not the address of a proxy")),
        }
        let authority = url.authority().map_or("", http::uri::Authority::as_str);
        let place = authority.rsplit('@').next().unwrap_or_default();
        if url.port().is_none() && url.host() != Some(place) {
            return Err(bad("its port is not a number"));
        }
        ProxyConfig::all(url.clone()).map_err(|_| bad("it is not the address of a proxy"))?;
        Ok(Self { url, variable })
    }
}

impl fmt::Display for Proxy {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.url.authority().map_or("", http::uri::Authority::as_str);
        let host = authority.rsplit('@').next().unwrap_or_default();
        write!(f, "{}://{host} ({})", self.url.scheme_str().unwrap_or("http"), self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The certificates of a bundle, each of which has to be one: the client takes no wrong one.
fn authorities(name: &str, path: &str) -> Result<Vec<u8>, BadNetwork> {
    let bad = |what: String| BadNetwork {
        name: name.to_owned(),
        what: format!("{path}: {what}"),
        remedy: "name a file of certificates in PEM form (-----BEGIN CERTIFICATE-----)",
    };
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| bad(format!("it is not in PEM form: {error}")))?;
    if certificates.is_empty() {
        return Err(bad("it holds no certificate".to_owned()));
    }
    let mut store = RootCertStore::empty();
    for (n, certificate) in certificates.into_iter().enumerate() {
        store.add(certificate).map_err(|error| bad(format!("certificate {} of it is none: {error}", n + 1)))?;
    }
    Ok(pem)
}

fn client(context: TlsContext, proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder();
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.proxy_config(proxy.clone()).tls_provider(tls()).tls_context(context.clone()).build()
    })
}

fn connector(context: TlsContext, proxy: ProxyConfig) -> SharedHttpConnector {
    let builder = Connector::builder().proxy_config(proxy).tls_provider(tls()).tls_context(context);
    SharedHttpConnector::new(builder.build())
}

fn tls() -> Provider {
    Provider::Rustls(CryptoMode::AwsLc)
}

/// The ways by a proxy, and which addresses take them.
#[derive(Debug, Clone)]
struct Routes<T> {
    matcher: Arc<Matcher>,
    http: Option<(T, Proxy)>,
    https: Option<(T, Proxy)>,
}

#[derive(Debug)]
struct RoutedClient {
    direct: SharedHttpClient,
    routes: Routes<SharedHttpClient>,
}

#[derive(Debug)]
struct RoutedConnector {
    direct: SharedHttpConnector,
    routes: Routes<SharedHttpConnector>,
}

impl HttpClient for RoutedClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let of = |client: &SharedHttpClient| client.http_connector(settings, components);
        let by = |route: &Option<(SharedHttpClient, Proxy)>| {
            route.as_ref().map(|(client, proxy)| (of(client), proxy.clone()))
        };
        let Routes { matcher, http, https } = &self.routes;
        let routes = Routes { matcher: matcher.clone(), http: by(http), https: by(https) };
        SharedHttpConnector::new(RoutedConnector { direct: of(&self.direct), routes })
    }
}

impl HttpConnector for RoutedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Routes { matcher, http, https } = &self.routes;
        let address = request.uri().parse::<Uri>().ok().filter(|address| matcher.intercept(address).is_some());
        let route = match address.as_ref().and_then(Uri::scheme_str) {
            Some("https") => https,
            Some("http") => http,
            _ => &None,
        };
        let Some((connector, proxy)) = route else { return self.direct.call(request) };
        let (answer, proxy) = (connector.call(request), proxy.to_string());
        HttpConnectorFuture::new(async move { answer.await.map_err(|error| by_proxy(error, proxy)) })
    }
}

/// The same error of the same kind, with the proxy that was between.
fn by_proxy(error: ConnectorError, proxy: String) -> ConnectorError {
    let (io, timeout, user, other) = (error.is_io(), error.is_timeout(), error.is_user(), error.as_other());
    let source = Box::new(ByProxy { proxy, source: error });
    match () {
        () if io => ConnectorError::io(source),
        () if timeout => ConnectorError::timeout(source),
        () if user => ConnectorError::user(source),
        () => ConnectorError::other(source, other),
    }
}

/// An error on a way by a proxy.
#[derive(Debug, thiserror::Error)]
#[error("by the proxy {proxy}")]
struct ByProxy {
    proxy: String,
    source: ConnectorError,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(variables: &[(&str, &str)]) -> Result<NetworkSettings, BadNetwork> {
        let found = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        NetworkSettings::read(found, None)
    }

    /// The proxies of some addresses.
    fn ways(variables: &[(&str, &str)], addresses: &[&str]) -> Vec<Option<String>> {
        let Some(routes) = network(variables).unwrap().routes(|_| ()) else { return vec![None; addresses.len()] };
        let way = |address: &&str| Some(routes.matcher.intercept(&address.parse().unwrap())?.uri().to_string());
        addresses.iter().map(way).collect()
    }

    #[test]
    fn each_scheme_has_its_proxy_in_either_case() {
        let addresses = ["https://sts.us-east-1.amazonaws.com/", "http://10.0.0.9:4566/"];
        for (variables, https, http) in [
            (vec![], None, None),
            (vec![("HTTPS_PROXY", "http://p:3128")], Some("http://p:3128/"), None),
            (vec![("https_proxy", "p:3128")], Some("http://p:3128/"), None),
            (vec![("HTTP_PROXY", "https://p:3128/")], None, Some("https://p:3128/")),
            (vec![("https_proxy", ""), ("HTTPS_PROXY", "http://q:1")], Some("http://q:1/"), None),
            (vec![("https_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:1")], Some("http://a:1/"), None),
            (
                vec![("ALL_PROXY", "http://u:p@p:1"), ("http_proxy", "http://q:1")],
                Some("http://p:1/"),
                Some("http://q:1/"),
            ),
        ] {
            assert_eq!(ways(&variables, &addresses), [https, http].map(|way| way.map(str::to_owned)), "{variables:?}");
        }
    }

    #[test]
    fn hosts_that_need_no_proxy_are_reached_directly() {
        let by_proxy = |no: &str, address: &str| {
            let variables = [("ALL_PROXY", "http://p:1"), ("NO_PROXY", no)];
            ways(&variables, &[address])[0].is_some()
        };
        for (no, address, expected) in [
            ("", "https://sns.us-east-1.amazonaws.com", true),
            ("", "http://127.0.0.1:4566", true),
            ("localhost, 127.0.0.1", "http://127.0.0.1:4566", false),
            ("127.0.0.0/8", "http://127.8.0.1:4566", false),
            (".amazonaws.com", "https://sns.us-east-1.amazonaws.com", false),
            ("*.amazonaws.com", "https://sns.us-east-1.amazonaws.com", false),
            ("amazonaws.com", "https://notamazonaws.com", true),
            ("*", "https://example.edu", false),
            ("x.edu, *", "http://127.0.0.1:4566", false),
            ("", "http://169.254.169.254/latest/api/token", false),
            ("", "http://169.254.170.2/v2/credentials", false),
            ("", "http://[fd00:ec2::254]/latest/api/token", false),
        ] {
            assert_eq!(by_proxy(no, address), expected, "{no:?} {address}");
        }
    }

    #[test]
    fn a_bad_proxy_is_told_without_its_password() {
        for (value, why) in [
            ("socks5://u:hunter2@p:1080", "not socks5"),
            ("http://u:hunter2@", "HTTPS_PROXY: it"),
            ("http://u:hunter2@p:port", "HTTPS_PROXY: it"),
            ("http://u hunter2@p", "HTTPS_PROXY: it"),
        ] {
            let error = network(&[("HTTPS_PROXY", value)]).unwrap_err();
            assert!(error.to_string().contains(why) && !error.to_string().contains("hunter2"), "{value}: {error}");
        }
        let good = network(&[("HTTPS_PROXY", "http://u:hunter2@p:1")]).unwrap();
        assert!(!format!("{good:?}").contains("hunter2"));
        assert_eq!(good.https.unwrap().to_string(), "http://p:1 (HTTPS_PROXY)");
    }

    #[test]
    fn a_bundle_that_holds_no_certificates_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let path = path.to_str().unwrap();
        let said = || network(&[("AWS_CA_BUNDLE", path)]).unwrap_err().to_string();
        assert!(said().contains("No such file"), "{}", said());
        for (content, why) in [
            ("", "it holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 of it is none"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "it is not in PEM form"),
        ] {
            std::fs::write(path, content).unwrap();
            assert!(said().contains(path) && said().contains(why), "{}", said());
        }
    }
}
