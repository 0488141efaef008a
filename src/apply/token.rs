//! Client tokens: derived, so that any runner makes the same one for the same change.

use crate::model::{ClientToken, Digest, InstanceId, Lineage, ModifyCall, RegionId};

/// Marks our tokens in the vendor's logs, and the version of the derivation.
const PREFIX: &str = "rs1";

/// Characters of the digest in a token: 208 bits, and 55 of the 64 characters allowed (R56).
const DIGEST_CHARS: usize = 52;

/// The token of one change of one machine.
///
/// The change number counts every change ever begun on the machine, so going there, back and there
/// again within an hour are three tokens; the plan has no part in it, so another runner with another
/// plan file, doing the same change, makes the same token and the cloud removes the double.
pub(super) fn client_token(
    lineage: &Lineage,
    instance: &InstanceId,
    change_number: u64,
    call: &ModifyCall,
) -> ClientToken {
    let digest = Digest::of_value(&(lineage, instance, change_number, call.operation(), call));
    ClientToken::new(format!("{PREFIX}{}", digest.short(DIGEST_CHARS)))
        .expect("a prefix and hex digits are printable ASCII below 64 characters")
}

/// The digest of a request's business parameters, which a repetition must equal.
pub(super) fn request_digest(region: &RegionId, instance: &InstanceId, what: &str) -> Digest {
    Digest::of_value(&(region, instance, what))
}

/// A call as text, for its digest.
pub(super) fn call_text(call: &ModifyCall) -> String {
    crate::model::canonical_json(&(call.operation(), call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, FleetName, SpecChange, TypeName};

    fn token(number: u64, to: &str) -> ClientToken {
        let account = AccountId::new("1234567890123456").unwrap();
        let lineage = Lineage::of(&account, &FleetName::new("shop").unwrap());
        let call = ModifyCall::Spec(SpecChange {
            instance_type: TypeName::new(to).unwrap(),
            allow_migrate_across_zone: None,
            system_disk_category: None,
        });
        client_token(&lineage, &InstanceId::new("i-1").unwrap(), number, &call)
    }

    #[test]
    fn the_same_change_has_the_same_token_on_every_runner() {
        assert_eq!(token(1, "ecs.g7.large"), token(1, "ecs.g7.large"));
        assert_eq!(token(1, "ecs.g7.large").as_str().len(), 55);
    }

    #[test]
    fn there_and_back_and_there_again_are_three_tokens() {
        let all = [
            token(1, "ecs.g7.large"),
            token(2, "ecs.g6.large"),
            token(3, "ecs.g7.large"),
        ];
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
