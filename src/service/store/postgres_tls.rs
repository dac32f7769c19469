//! TLS to PostgreSQL by libpq's words: `prefer` and `require` encrypt, `verify-ca` and `verify-full` also check the
//! certificate, against `sslrootcert` or the system's roots. The address is split here, because the client knows only some of it.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, bail};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Parameters that the client takes as they are.
const KNOWN: [&str; 9] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "load_balance_hosts",
    "options",
    "sslnegotiation",
    "target_session_attrs",
];

/// An address as the client takes it, and how to encrypt.
pub struct PostgresAddress {
    pub config: tokio_postgres::Config,
    pub tls: MakeRustlsConnect,
}

/// Splits a `postgres://` address. Parameters of other drivers (Prisma's `schema`, `pgbouncer`, ...) are left out.
///
/// # Errors
/// When the address or its `sslmode` is none, or the roots cannot be read. The text never holds the password.
pub fn address(url: &str) -> anyhow::Result<PostgresAddress> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut mode = "prefer";
    let mut roots = None;
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => roots = Some(value),
            Some((name, _)) if KNOWN.contains(&name) => kept.push(pair.to_owned()),
            _ => {}
        }
    }
    let (wire, verify) = match mode {
        "disable" => ("disable", false),
        "allow" | "prefer" => ("prefer", false),
        "require" => ("require", false),
        "verify-ca" | "verify-full" => ("require", true),
        _ => bail!("DATABASE_URL: sslmode must be disable, prefer, require, verify-ca or verify-full"),
    };
    kept.push(format!("sslmode={wire}"));
    // The client's own error may quote the address.
    let config = format!("{base}?{}", kept.join("&"))
        .parse()
        .map_err(|_| anyhow::anyhow!("DATABASE_URL is no valid PostgreSQL address"))?;
    Ok(PostgresAddress { config, tls: MakeRustlsConnect::new(client(verify, roots)?) })
}

/// Whether every host of an address is this machine; one that is not understood is not.
pub fn is_local(url: &str) -> bool {
    use tokio_postgres::config::Host;
    let Ok(PostgresAddress { config, .. }) = address(url) else { return false };
    let loopback =
        |name: &str| name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let local = |host: &Host| match host {
        Host::Tcp(name) => loopback(name),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn client(verify: bool, roots: Option<&str>) -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    if !verify {
        let verifier = Arc::new(Unverified(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read {path}"))?;
            for certificate in certificates {
                store.add(certificate.with_context(|| format!("cannot read {path}"))?)?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// `sslmode=require` as libpq has it: encrypted, whoever the server is.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn addresses_of_the_usual_hosts() {
        let neon = address("postgresql://u:p@ep-x.neon.tech/db?sslmode=require&channel_binding=require").unwrap();
        assert_eq!(neon.config.get_ssl_mode(), SslMode::Require);
        let prisma = address("postgres://u:p@h:6543/db?schema=public&pgbouncer=true&connection_limit=1").unwrap();
        assert_eq!((prisma.config.get_ssl_mode(), prisma.config.get_dbname()), (SslMode::Prefer, Some("db")));
        assert_eq!(address("postgres://h/db?sslmode=verify-full").unwrap().config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn an_address_is_local_when_all_its_hosts_are() {
        for url in ["postgres://u:p@localhost/db", "postgres://127.0.0.1:6543,localhost/db", "postgres://[::1]/db"] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "postgres://u:p@db.example.com/db",
            "postgres://localhost,db.example.com/db",
            "postgres://localhost.example.com/db",
            "postgres://0.0.0.0/db",
            "postgres://h:notaport/db",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }

    #[test]
    fn mistakes_never_show_the_password() {
        for url in ["postgres://u:secret@h:notaport/db", "postgres://u:secret@h/db?sslmode=maybe"] {
            let Err(error) = address(url) else { panic!("{url} was taken") };
            assert!(!format!("{error:#}").contains("secret"));
        }
        assert!(address("postgres://h/db?sslmode=verify-ca&sslrootcert=/nowhere.pem").is_err());
    }
}
