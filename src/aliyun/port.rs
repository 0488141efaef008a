//! The port's methods: each one writes its parameters, calls, and reads its reply.

use async_trait::async_trait;
use jiff::SignedDuration;

use super::client::{Aliyun, Call};
use super::lenient::Unreadable;
use super::operation::{self, Operation};
use super::sign::Parameters;
use super::{query, refusal, reply};
use crate::cloud::{
    CLOCK_OFF_MAX, Cloud, CloudError, ErrorKind, IDS_PER_CALL_MAX, InstancePage, InstanceQuery,
    InstanceTypeFacts, ModificationQuery, ModifyReply, Offer, PowerAnswer, PowerCall, Rate, Reach,
    RegionFacts,
};
use crate::model::{AccountId, ClientToken, InstanceId, ModifyCall, RegionId, RequestId};

/// Most pages of instance types; the vendor has some 1200 types, twelve pages.
const TYPE_PAGES_MAX: usize = 100;

fn call<'a>(
    operation: &'static Operation,
    region: &'a RegionId,
    parameters: Parameters,
) -> Call<'a> {
    Call::plain(operation, region, parameters)
}

/// The service would refuse the whole call, or answer only some of it.
fn check_number(operation: &'static Operation, ids: &[InstanceId]) -> Result<(), CloudError> {
    if ids.len() <= IDS_PER_CALL_MAX {
        Ok(())
    } else {
        let why = format!(
            "{} machines in one call, at most {IDS_PER_CALL_MAX} are possible",
            ids.len()
        );
        Err(refusal::impossible(operation, &why))
    }
}

#[async_trait(?Send)]
impl Cloud for Aliyun {
    async fn caller_identity(&self) -> Result<AccountId, CloudError> {
        let region = self.home();
        let call = call(&operation::GET_CALLER_IDENTITY, region, query::bare(region));
        let account = self.call(&call, reply::account).await?;
        clock_is_right(self.ahead())?;
        Ok(account)
    }

    async fn describe_instances(&self, query: &InstanceQuery) -> Result<InstancePage, CloudError> {
        let operation = &operation::DESCRIBE_INSTANCES;
        let region = match query {
            InstanceQuery::All { region, .. } => region,
            InstanceQuery::Ids { ids, .. } if ids.is_empty() => return Ok(no_instances()),
            InstanceQuery::Ids { region, ids } => {
                check_number(operation, ids)?;
                region
            }
        };
        let call = call(operation, region, query::describe_instances(query));
        self.call(&call, reply::instance_page).await
    }

    async fn describe_modification(
        &self,
        query: &ModificationQuery,
    ) -> Result<Vec<Offer>, CloudError> {
        let parameters = query::describe_modification(query);
        let operation = &operation::DESCRIBE_RESOURCES_MODIFICATION;
        self.call(&call(operation, &query.region, parameters), reply::offers)
            .await
    }

    async fn describe_regions(&self) -> Result<Vec<RegionFacts>, CloudError> {
        let region = self.home();
        let call = call(&operation::DESCRIBE_REGIONS, region, query::bare(region));
        self.call(&call, reply::regions).await
    }

    async fn describe_instance_types(
        &self,
        region: &RegionId,
    ) -> Result<Vec<InstanceTypeFacts>, CloudError> {
        let operation = &operation::DESCRIBE_INSTANCE_TYPES;
        let mut types = Vec::new();
        let mut next_token: Option<String> = None;
        for _ in 0..TYPE_PAGES_MAX {
            let parameters = query::describe_instance_types(region, next_token.as_deref());
            let call = call(operation, region, parameters);
            let page: reply::TypePage = self.call(&call, reply::type_page).await?;
            types.extend(page.types);
            let before = std::mem::replace(&mut next_token, page.next_token);
            if next_token.is_none() {
                return Ok(types);
            }
            // A token that comes twice would lead round in a circle.
            if next_token == before {
                break;
            }
        }
        let why = Unreadable(format!(
            "its pages of instance types do not end within {TYPE_PAGES_MAX}, or repeat themselves"
        ));
        Err(refusal::unreadable(operation, &why))
    }

    async fn power(&self, power: &PowerCall) -> Result<Vec<PowerAnswer>, CloudError> {
        let (operation, parameters) = query::power(power);
        check_number(operation, &power.instances)?;
        if power.instances.is_empty() {
            return Ok(Vec::new());
        }
        let call = call(operation, &power.region, parameters);
        self.call(&call, |body| {
            reply::power_answers(body, operation, &power.instances)
        })
        .await
    }

    async fn power_one(&self, power: &PowerCall) -> Result<RequestId, CloudError> {
        let Some(instance) = power.instances.first() else {
            let (operation, _) = query::power(power);
            return Err(refusal::impossible(operation, "no machine is named"));
        };
        let (operation, parameters) = query::power_one(&power.region, instance, power.verb);
        let call = call(operation, &power.region, parameters);
        self.call(&call, reply::request_id).await
    }

    async fn modify(
        &self,
        region: &RegionId,
        instance: &InstanceId,
        change: &ModifyCall,
        token: &ClientToken,
    ) -> Result<ModifyReply, CloudError> {
        let parameters = query::modify(region, instance, change, token);
        let call = call(operation::of_modify(change), region, parameters);
        self.call(&call, |body| reply::modified(body, change)).await
    }

    fn rate_of(&self, region: &RegionId, change: &ModifyCall) -> Rate {
        self.pace(operation::of_modify(change), region)
    }

    async fn allocate_public_ip(
        &self,
        region: &RegionId,
        instance: &InstanceId,
    ) -> Result<String, CloudError> {
        let operation = &operation::ALLOCATE_PUBLIC_IP_ADDRESS;
        let call = call(operation, region, query::one(region, instance));
        self.call(&call, reply::address).await
    }
}

/// Asking for no ids would be answered with nothing; a filter left out, with everything.
fn no_instances() -> InstancePage {
    InstancePage {
        instances: Vec::new(),
        unreadable: Vec::new(),
        next_token: None,
    }
}

fn clock_is_right(ahead: SignedDuration) -> Result<(), CloudError> {
    if ahead.unsigned_abs() <= CLOCK_OFF_MAX {
        return Ok(());
    }
    let minutes = ahead.unsigned_abs().as_secs() / 60;
    let way = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    Err(CloudError {
        operation: operation::GET_CALLER_IDENTITY.name,
        kind: ErrorKind::Credentials,
        also: None,
        reach: Reach::Account,
        code: None,
        message: format!(
            "the clock of this machine is {minutes} min {way} the cloud's, and what was sent when hangs on it: set it, \
             then try again"
        ),
        request_id: None,
        retry_after: None,
    })
}
