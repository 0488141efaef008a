//! What a group wants around every outage: commands, and a health check that must be possible at all.

use crate::model::Template;
use crate::plan::nouns::{Action, Blocked, Case, Step};

use super::draft::Care;

/// What the rollout of this machine's group says.
pub(super) fn care(case: &Case<'_>) -> Care {
    let rollout = case.input.desired.rollout_of(case.desired);
    Care {
        hooks: rollout.hooks.clone(),
        health: rollout.health.clone(),
    }
}

/// What is probed or run may ask for facts that this machine has not got: told before it is stopped.
pub(super) fn can_be_cared_for(case: &Case<'_>, steps: &[Step]) -> Result<(), Blocked> {
    let missing = steps.iter().find_map(|step| {
        let mut words = asked_of(&step.action).into_iter().flat_map(Template::words);
        let word = words.find(|word| !has_fact(case, word))?;
        Some((step.action.verb(), word))
    });
    let Some((key, word)) = missing else {
        return Ok(());
    };
    Err(case.block(
        key,
        format!("`{key}` asks for its `{{{word}}}`, and it has none"),
        "ask for something that every machine of the group has",
    ))
}

fn asked_of(action: &Action) -> Vec<&Template> {
    match action {
        Action::RunHook { hook, .. } => hook.command.0.iter().collect(),
        Action::AwaitHealth(health) => health.ready.templates(),
        Action::Stop { .. }
        | Action::Start
        | Action::Modify(_)
        | Action::AwaitOrder
        | Action::PayOrder
        | Action::AllocatePublicIp
        | Action::CoolDown
        | Action::AskOffer(_) => Vec::new(),
    }
}

fn has_fact(case: &Case<'_>, word: &str) -> bool {
    match word {
        "group" => case.desired.group.is_some(),
        "private_ip" => case.seen.particulars.private_ip.is_some(),
        "public_ip" => case.seen.public_ip.is_some() || case.seen.eip.is_some(),
        _ => true,
    }
}
