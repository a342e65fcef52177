//! `prooflight doctor`: is it right? Facts are read side by side with the deployer's credentials, and judged purely. It changes nothing:
//! `docs/OPERATIONS.md` has the permissions, all of them to read.

mod answers;
mod aws;
pub mod facts;
pub mod finding;
pub mod judge;
mod reading;
#[cfg(test)]
mod recorded;
mod report;
mod services;
mod template;

use crate::options::DoctorOptions;
use crate::{CommandError, Report};
use aws::Aws;
use aws_credential_types::Credentials;
use finding::is_sound;
use reading::Subject;
use services::ALL;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// Looks at the account, and at the stack where one is named.
pub async fn doctor(options: &DoctorOptions, variable: impl Fn(&str) -> Option<String>, now: SystemTime) -> Result<Report, CommandError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let needed = |name: &'static str| set(name).ok_or(CommandError::Variable(name));
    let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).ok_or(CommandError::Variable("AWS_REGION"))?;
    let (key, secret) = (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(key, secret, set("AWS_SESSION_TOKEN"), None, "environment");
    let of_services =
        ALL.iter().filter_map(|service| Some((service.variable.to_owned(), set(&format!("AWS_ENDPOINT_URL_{}", service.variable))?)));
    let of_all = set("AWS_ENDPOINT_URL").map(|url| (String::new(), url));
    let endpoints: BTreeMap<String, String> = of_services.chain(of_all).collect();
    let subject = Subject { region, stack: options.stack.clone(), parameters: options.parameters.clone() };
    let facts = reading::read(Aws::connect(credentials, endpoints, now), &subject).await.map_err(CommandError::Unread)?;
    let findings = judge::judge(&facts);
    Ok(Report {
        text: if options.json { report::json(&facts, &findings) } else { report::text(&facts, &findings) },
        sound: is_sound(&findings),
    })
}
