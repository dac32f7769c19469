//! `mlopsctl sandbox serve`: the sandbox on a port, until Ctrl-C.

use super::CommandContext;
use super::connect::SandboxFileArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::sandbox_post::deliver;
use crate::sandbox::{Listener, Sandbox, Weather};
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the functions of /function-url/NAME/ are, and clients that name no region.
const FUNCTIONS_REGION: &str = "us-east-1";

/// Serves the sandbox on a port, for the AWS CLI and SDKs; other runs on the same file see and change the same
///
/// Clients need this address, a region, and any keys:
/// export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct SandboxServeArgs {
    /// Port to listen on; 0 chooses one
    #[arg(short, long, value_name = "PORT", default_value_t = 4599)]
    port: u16,
    /// Address to listen on, one of this machine's own (127.0.0.0/8, ::1): nobody is asked who he is
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = loopback)]
    bind: IpAddr,
    /// Simulated faults of what is served: `aws` (AWS's latency and quotas) or a list such as latency=40ms,quotas=aws
    #[arg(long, value_name = "FAULTS", alias = "weather")]
    faults: Option<Weather>,
}

/// What a shell sets for clients of AWS. Version 1 of the AWS CLI and botocore read AWS_DEFAULT_REGION, version 2 and most SDKs
/// AWS_REGION (AWS SDKs and tools reference guide, "AWS Region").
fn exports(url: &str, region: Option<&str>) -> String {
    let region = region.unwrap_or(FUNCTIONS_REGION);
    format!(
        "export AWS_ENDPOINT_URL={url} AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID=sandbox \
         AWS_SECRET_ACCESS_KEY=sandbox"
    )
}

fn loopback(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| "write an address, such as 127.0.0.1 or ::1".to_owned())?;
    match address.is_loopback() {
        true => Ok(address),
        false => Err(
            "the sandbox listens on this machine only: 127.0.0.0/8 or ::1; a tunnel (ssh -L) reaches it from elsewhere"
                .to_owned(),
        ),
    }
}

impl SandboxServeArgs {
    /// `region` is where the functions of /function-url/NAME/ are.
    pub async fn run(
        &self,
        run: &mut CommandContext<'_>,
        file: &SandboxFileArgs,
        region: Option<&str>,
    ) -> Result<Exit, CliFailure> {
        let path = file.path();
        let sandbox = Sandbox::open(&path, self.faults.clone().unwrap_or_default())?;
        let place = SocketAddr::new(self.bind, self.port);
        let post = tokio::spawn(deliver(sandbox.clone()));
        let listener = Listener::bind(sandbox, place, region.unwrap_or(FUNCTIONS_REGION)).await?;
        let head = format!("sandbox {} on {}: Ctrl-C stops", path.display(), listener.url());
        run.output.result(&format!("{head}\n  {}\n", exports(listener.url(), region)))?;
        let interrupt = run.signals.interrupt.clone();
        listener.serve(async move { interrupt.wait().await }).await;
        post.abort();
        Ok(Exit::Success)
    }
}
