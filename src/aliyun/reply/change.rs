//! What calls that change something answer.

use serde::Deserialize;

use super::named;
use crate::aliyun::lenient::{self, Unreadable, required};
use crate::aliyun::operation::Operation;
use crate::aliyun::refusal;
use crate::aliyun::verdict::is_fine;
use crate::cloud::{ModifyReply, PowerAnswer};
use crate::model::{InstanceId, ModifyCall, OrderId, RequestId};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    #[serde(default, deserialize_with = "lenient::text")]
    request_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    order_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    ip_address: Option<String>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    instance_responses: InstanceResponses,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InstanceResponses {
    #[serde(deserialize_with = "lenient::nullable")]
    instance_response: Vec<InstanceResponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstanceResponse {
    #[serde(default, deserialize_with = "lenient::text")]
    instance_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    code: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    message: Option<String>,
}

/// The answer of a power call for one machine.
pub(in crate::aliyun) fn request_id(body: &[u8]) -> Result<RequestId, Unreadable> {
    let accepted: Accepted = lenient::read(body)?;
    named("RequestId", accepted.request_id, RequestId::new)
}

/// The answer of a modify call. A subscription's type change and bandwidth for a while always make an order; a
/// reply that does not name it would let it be forgotten.
pub(in crate::aliyun) fn modified(
    body: &[u8],
    call: &ModifyCall,
) -> Result<ModifyReply, Unreadable> {
    let accepted: Accepted = lenient::read(body)?;
    let order_id = match call {
        ModifyCall::Network(change) if change.temporary.is_none() => accepted.order_id,
        ModifyCall::Spec(_) => accepted.order_id,
        ModifyCall::Prepay(_) | ModifyCall::Network(_) => {
            Some(required(accepted.order_id, "OrderId")?)
        }
    };
    Ok(ModifyReply {
        request_id: named("RequestId", accepted.request_id, RequestId::new)?,
        order_id: order_id
            .map(|id| named("OrderId", Some(id), OrderId::new))
            .transpose()?,
    })
}

/// The address that was allocated.
pub(in crate::aliyun) fn address(body: &[u8]) -> Result<String, Unreadable> {
    let accepted: Accepted = lenient::read(body)?;
    required(accepted.ip_address, "IpAddress")
}

/// One answer for each machine that was asked about, in the order asked.
pub(in crate::aliyun) fn power_answers(
    body: &[u8],
    operation: &Operation,
    asked: &[InstanceId],
) -> Result<Vec<PowerAnswer>, Unreadable> {
    let accepted: Accepted = lenient::read(body)?;
    let request_id = named("RequestId", accepted.request_id, RequestId::new)?;
    let entries = accepted.instance_responses.instance_response;
    Ok(asked
        .iter()
        .map(|instance| PowerAnswer {
            instance: instance.clone(),
            result: answer_for(instance, &entries, operation, &request_id),
        })
        .collect())
}

fn answer_for(
    instance: &InstanceId,
    entries: &[InstanceResponse],
    operation: &Operation,
    request_id: &RequestId,
) -> Result<RequestId, crate::cloud::CloudError> {
    let mut about_it = entries
        .iter()
        .filter(|entry| entry.instance_id.as_deref() == Some(instance.as_str()));
    let (entry, another) = (about_it.next(), about_it.next());
    if another.is_some() {
        let message = "the reply speaks of this machine more than once";
        return Err(refusal::of_entry(
            operation,
            None,
            Some(message),
            request_id,
        ));
    }
    let code = entry.and_then(|entry| entry.code.as_deref());
    if code.is_some_and(is_fine) {
        return Ok(request_id.clone());
    }
    let message = entry.and_then(|entry| entry.message.as_deref());
    Err(refusal::of_entry(operation, code, message, request_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aliyun::operation::STOP_INSTANCES;
    use crate::cloud::ErrorKind;
    use crate::model::{NetworkChange, PrepayChange, TypeName};

    #[test]
    fn every_machine_of_a_batch_is_judged_alone_and_silence_is_doubt() {
        let body = br#"{"RequestId":"R","InstanceResponses":{"InstanceResponse":[
            {"InstanceId":"i-2","Code":"IncorrectInstanceStatus","Message":"not now"},
            {"InstanceId":"i-1","Code":"200","Message":"success"},
            {"InstanceId":"i-3"},
            {"InstanceId":"i-5","Code":"200"},{"InstanceId":"i-5","Code":"IncorrectInstanceStatus"}]}}"#;
        let asked: Vec<InstanceId> = (1..=5)
            .map(|n| InstanceId::new(format!("i-{n}")).unwrap())
            .collect();
        let answers = power_answers(body, &STOP_INSTANCES, &asked).unwrap();
        let kinds: Vec<Option<ErrorKind>> = answers
            .iter()
            .map(|answer| answer.result.as_ref().err().map(|error| error.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                None,
                Some(ErrorKind::WrongState),
                Some(ErrorKind::Unanswered),
                Some(ErrorKind::Unanswered),
                Some(ErrorKind::Unanswered)
            ]
        );
    }

    #[test]
    fn an_order_may_be_a_number_and_may_not_be_lost() {
        let prepay = ModifyCall::Prepay(PrepayChange {
            instance_type: TypeName::new("ecs.g7.large").unwrap(),
            auto_pay: false,
            migrate_across_zone: None,
            system_disk_category: None,
        });
        let reply = modified(br#"{"RequestId":"R","OrderId":203847561928374}"#, &prepay).unwrap();
        assert_eq!(reply.order_id.unwrap().as_str(), "203847561928374");
        assert!(modified(br#"{"RequestId":"R"}"#, &prepay).is_err());
        let network = ModifyCall::Network(NetworkChange::default());
        assert_eq!(
            modified(br#"{"RequestId":"R","OrderId":""}"#, &network)
                .unwrap()
                .order_id,
            None
        );
    }
}
