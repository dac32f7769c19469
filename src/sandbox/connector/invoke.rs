//! Calls of functions: admitted under the sandbox's lock, run outside of it, recorded under it again.

use super::Sandbox;
use crate::cloudwatch::{self, MeasuredInvocation};
use crate::fault::Fault;
use crate::lambda::invoke::{Call, InvocationKind, Invoke, invoke};
use crate::lambda::record;
use crate::wire::{Blob, WireReply};
use anyhow::{Context, Result};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::base64;
use std::time::Duration;

/// How long after a failed asynchronous call Lambda tries again.
const RETRIES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// A call's answer.
#[derive(Debug)]
pub struct Invoked {
    /// JSON.
    pub payload: String,
    /// The function failed, and the payload says how.
    pub failed: bool,
    pub log_tail: String,
}

impl Sandbox {
    /// Answers a call that was admitted, however it is to be waited for.
    pub(super) async fn respond(
        &self,
        account: &str,
        region: &str,
        call: Call,
        reply: &WireReply,
    ) -> Result<HttpResponse> {
        match call.kind {
            InvocationKind::DryRun => reply.raw(204, &[], Vec::new()),
            InvocationKind::Event => {
                self.run_behind(account, region, call).await?;
                reply.raw(202, &[], Vec::new())
            }
            InvocationKind::RequestResponse => match self.run(account, region, &call).await? {
                Err(fault) => reply.write(Err(fault)),
                Ok(invoked) => {
                    let mut headers = vec![("x-amz-executed-version", "$LATEST".to_owned())];
                    if invoked.failed {
                        headers.push(("x-amz-function-error", "Unhandled".to_owned()));
                    }
                    if call.tail {
                        headers.push(("x-amz-log-result", base64::encode(&invoked.log_tail)));
                    }
                    reply.raw(200, &headers, invoked.payload.into_bytes())
                }
            },
        }
    }

    /// Runs a call at once; what fails is tried again twice, as long as the process lives. The caller is told nothing of it.
    async fn run_behind(&self, account: &str, region: &str, mut call: Call) -> Result<()> {
        let failed = |ran: &Result<Invoked, Fault>| ran.as_ref().map_or(true, |invoked| invoked.failed);
        if !failed(&self.run(account, region, &call).await?) {
            return Ok(());
        }
        let (sandbox, account, region) = (self.clone(), account.to_owned(), region.to_owned());
        tokio::spawn(async move {
            for wait in RETRIES {
                tokio::time::sleep(wait).await;
                call.at = sandbox.visit(&account, &region, |tx| Ok(tx.now())).unwrap_or(call.at);
                match sandbox.run(&account, &region, &call).await {
                    Ok(ran) if failed(&ran) => {}
                    // Done, or the state is out of reach, which nobody is there to be told.
                    _ => return,
                }
            }
        });
        Ok(())
    }

    /// Runs a call now.
    ///
    /// # Errors
    /// A fault where it is throttled; otherwise when the state is out of reach.
    async fn run(&self, account: &str, region: &str, call: &Call) -> Result<Result<Invoked, Fault>> {
        let name = &call.function.function_name;
        let Some(slot) = self.0.instances.admit(account, region, call) else {
            let throttled = MeasuredInvocation::Throttled;
            self.visit(account, region, |tx| cloudwatch::record_invocation(tx, name, call.at, throttled))?;
            return Ok(Err(Fault::sender("TooManyRequestsException", "Rate Exceeded.").status(429)));
        };
        let (own, own_region) = (call.clone(), region.to_owned());
        let ran = tokio::task::spawn_blocking(move || slot.run(&own, &own_region)).await;
        let ran = ran.context("a function's thread ended badly")?;
        let lines = record::lines(call, &ran);
        self.visit(account, region, |tx| record::record(tx, call, &ran, &lines))?;
        let (payload, failed) = record::payload(call, &ran);
        Ok(Ok(Invoked { payload, failed, log_tail: record::tail(&lines) }))
    }

    /// Calls a function by its name with an event, as a function URL does.
    ///
    /// # Errors
    /// As `Sandbox::run`; a fault also where there is no such function.
    pub async fn invoke(
        &self,
        account: &str,
        region: &str,
        name: &str,
        event: Vec<u8>,
    ) -> Result<Result<Invoked, Fault>> {
        let input =
            || Invoke { function_name: name.to_owned(), payload: Some(Blob(event.clone())), ..Invoke::default() };
        match self.visit(account, region, |tx| Ok(invoke(input(), tx)))? {
            Ok(call) => self.run(account, region, &call).await,
            Err(fault) => Ok(Err(fault)),
        }
    }
}
