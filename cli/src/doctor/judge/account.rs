//! The account and its regions.

use super::Judgement;
use crate::doctor::facts::{Facts, OptOut};
use crate::doctor::finding::{
    AI_SERVICES_MAY_KEEP, CLOCK_SKEWED, CONCURRENCY_LOW, LIVENESS_QUOTAS, LIVENESS_REGION_UNSUPPORTED, REGIONS_DIFFER, RESULTS_QUOTA_LOW,
    STREAM_UNREACHABLE, TOPIC_MISSING, TOPIC_UNHEARD,
};

/// Seconds. AWS refuses at 300; a clock that is a minute off is not kept by anybody and will get there.
const SKEW: i64 = 60;
/// The API lets 100 requests a second through (`ThrottlingRateLimit` in template.yaml), and a new account may run ten functions at once.
const AT_ONCE: u64 = 100;

pub(super) fn judge(judgement: &mut Judgement, facts: &Facts) {
    let region = &facts.liveness_region;
    if let Some(ahead) = judgement.known(&facts.clock_ahead)
        && ahead.abs() > SKEW
    {
        let way = if *ahead > 0 { "behind" } else { "ahead of" };
        judgement.find(CLOCK_SKEWED, "this machine", format!("its clock is {} seconds {way} AWS's", ahead.abs()));
    }
    match &facts.liveness {
        // Where there is no Face Liveness the answer is `AccessDeniedException` and not a word more; who lacks a permission is told which.
        Err(unread) if unread.code.starts_with("AccessDenied") && !unread.explained => {
            let found = "Rekognition denies access without saying why: so it answers where it has no Face Liveness";
            judgement.find(LIVENESS_REGION_UNSUPPORTED, region, found);
        }
        Err(unread) if unread.code == "no connection" => {
            judgement.find(LIVENESS_REGION_UNSUPPORTED, region, "no Rekognition can be reached in this region");
        }
        Err(unread) if matches!(unread.code.as_str(), "UnknownOperationException" | "InvalidAction") => {
            judgement.find(LIVENESS_REGION_UNSUPPORTED, region, "Rekognition does not know the operation in this region");
        }
        other => {
            judgement.known(other);
        }
    }
    if let Err(unread) = &facts.stream {
        let found = format!("{} from streaming-rekognition.{region}.amazonaws.com", unread.code);
        judgement.find(STREAM_UNREACHABLE, region, found);
    }
    let own = &facts.account.region;
    judgement.find_if(own != region, REGIONS_DIFFER, region, format!("sessions are made there, images are kept and compared in {own}"));
    if let Some(opt_out) = judgement.known(&facts.opt_out) {
        let found = match opt_out {
            OptOut::NoOrganization => "the account is in no organisation, so there is no opt-out",
            OptOut::NoPolicy => "no AI services opt-out policy applies to the account",
            OptOut::Allowed => "the AI services opt-out policy that applies leaves Rekognition out",
            OptOut::Refused => "",
        };
        judgement.find_if(*opt_out != OptOut::Refused, AI_SERVICES_MAY_KEEP, &facts.account.id, found);
    }
    if let Some(limit) = judgement.known(&facts.concurrency) {
        let found = format!("{limit} functions may run at once in the account, all of its stacks together");
        judgement.find_if(*limit < AT_ONCE, CONCURRENCY_LOW, own, found);
    }
    quotas(judgement, facts);
    if let Some((arn, listeners)) = &facts.topic
        && let Some(listeners) = judgement.known(listeners)
    {
        match listeners {
            None => judgement.find(TOPIC_MISSING, arn, "alarms go to a topic that is not there"),
            Some(0) => judgement.find(TOPIC_UNHEARD, arn, "nobody has confirmed a subscription"),
            Some(_) => {}
        }
    }
}

fn quotas(judgement: &mut Judgement, facts: &Facts) {
    let Some(quotas) = judgement.known(&facts.liveness_quotas) else { return };
    let region = &facts.liveness_region;
    let of = |operation: &str| quotas.iter().find(|(name, _)| name.contains(operation)).map(|(_, value)| *value);
    if let (Some(sessions), Some(results)) = (of("CreateFaceLivenessSession"), of("GetFaceLivenessSessionResults")) {
        let found = format!("{results} results a second for {sessions} sessions");
        judgement.find_if(results < sessions, RESULTS_QUOTA_LOW, region, found);
    }
    let all: Vec<String> = quotas.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let found = if all.is_empty() { "Service Quotas lists none of Face Liveness".to_owned() } else { all.join("; ") };
    judgement.find(LIVENESS_QUOTAS, region, found);
}
