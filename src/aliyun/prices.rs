//! The port of prices: each question written as the parameters of its operation.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::client::{Aliyun, Call};
use super::operation;
use super::sign::Parameters;
use super::{query, refusal, reply};
use crate::cloud::{CloudError, IDS_PER_CALL_MAX, PriceReply, Prices};
use crate::model::{
    AutoRenew, InstanceId, NetworkBilling, RegionId, ShapeKey, Term, UpgradeKey, UpgradeTarget,
};

#[async_trait(?Send)]
impl Prices for Aliyun {
    async fn upgrade_price(
        &self,
        instance: &InstanceId,
        upgrade: &UpgradeKey,
    ) -> Result<PriceReply, CloudError> {
        let call = Call::plain(
            &operation::DESCRIBE_INSTANCE_MODIFICATION_PRICE,
            &upgrade.region,
            of_upgrade(instance, upgrade),
        );
        self.call(&call, reply::price).await
    }

    async fn shape_price(&self, shape: &ShapeKey) -> Result<PriceReply, CloudError> {
        let call = Call::plain(&operation::DESCRIBE_PRICE, &shape.region, of_shape(shape));
        self.call(&call, reply::price).await
    }

    async fn auto_renewals(
        &self,
        region: &RegionId,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, AutoRenew>, CloudError> {
        let operation = &operation::DESCRIBE_INSTANCE_AUTO_RENEW_ATTRIBUTE;
        if instances.is_empty() {
            return Ok(BTreeMap::new());
        }
        if instances.len() > IDS_PER_CALL_MAX {
            let why = format!("{} machines in one call", instances.len());
            return Err(refusal::impossible(operation, &why));
        }
        let call = Call::plain(operation, region, of_renewals(region, instances));
        self.call(&call, reply::auto_renewals).await
    }
}

fn of_upgrade(instance: &InstanceId, upgrade: &UpgradeKey) -> Parameters {
    let mut parameters = query::one(&upgrade.region, instance);
    let mut add = |name: &str, value: &str| {
        parameters.insert(name.to_owned(), value.to_owned());
    };
    match &upgrade.target {
        UpgradeTarget::Type {
            to,
            system_disk_category,
        } => {
            add("InstanceType", to.as_str());
            if let Some(category) = system_disk_category {
                add("SystemDisk.Category", category);
            }
        }
        UpgradeTarget::Network {
            charge_type,
            max_bandwidth_out,
        } => {
            add("InternetMaxBandwidthOut", &max_bandwidth_out.to_string());
            if let Some(charge_type) = charge_type {
                add("InternetChargeType", charge_type.as_str());
            }
        }
        UpgradeTarget::Temporary(upgrade) => {
            let out = upgrade.max_bandwidth_out.to_string();
            add("InternetMaxBandwidthOut", &out);
            for (name, value) in query::span(upgrade) {
                add(&name, &value);
            }
        }
    }
    parameters
}

fn of_shape(shape: &ShapeKey) -> Parameters {
    let mut parameters = query::bare(&shape.region);
    let mut add = |name: &str, value: &str| {
        parameters.insert(name.to_owned(), value.to_owned());
    };
    add("ResourceType", "instance");
    add("InstanceType", shape.instance_type.as_str());
    add("Period", "1");
    add(
        "PriceUnit",
        match shape.term {
            Term::Hour => "Hour",
            Term::Month => "Month",
        },
    );
    if let Some(image) = &shape.image {
        add("ImageId", image);
    }
    if shape.fixed_bandwidth > 0 {
        let charge_type = NetworkBilling::PayByBandwidth;
        add("InternetChargeType", charge_type.as_str());
        add(
            "InternetMaxBandwidthOut",
            &shape.fixed_bandwidth.to_string(),
        );
    }
    parameters
}

/// The one operation that wants its ids with commas between them.
fn of_renewals(region: &RegionId, instances: &[InstanceId]) -> Parameters {
    let ids: Vec<&str> = instances.iter().map(InstanceId::as_str).collect();
    let mut parameters = query::bare(region);
    parameters.insert("InstanceId".to_owned(), ids.join(","));
    parameters.insert("PageSize".to_owned(), IDS_PER_CALL_MAX.to_string());
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TypeName;

    fn shown(parameters: &Parameters) -> String {
        let pairs: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
        pairs.join(" ")
    }

    #[test]
    fn a_shape_is_asked_for_by_its_term_and_with_the_bandwidth_that_has_a_price() {
        let shape = ShapeKey {
            region: RegionId::new("cn-hangzhou").unwrap(),
            instance_type: TypeName::new("ecs.g7.large").unwrap(),
            image: Some("m-1".to_owned()),
            fixed_bandwidth: 0,
            term: Term::Hour,
        };
        assert_eq!(
            shown(&of_shape(&shape)),
            "ImageId=m-1 InstanceType=ecs.g7.large Period=1 PriceUnit=Hour RegionId=cn-hangzhou \
             ResourceType=instance"
        );
        let fixed = ShapeKey {
            image: None,
            fixed_bandwidth: 20,
            term: Term::Month,
            ..shape
        };
        assert_eq!(
            shown(&of_shape(&fixed)),
            "InstanceType=ecs.g7.large InternetChargeType=PayByBandwidth InternetMaxBandwidthOut=20 \
             Period=1 PriceUnit=Month RegionId=cn-hangzhou ResourceType=instance"
        );
    }

    #[test]
    fn renewals_are_asked_for_with_commas() {
        let ids = ["i-1", "i-2"].map(|id| InstanceId::new(id).unwrap());
        let region = RegionId::new("cn-hangzhou").unwrap();
        assert_eq!(
            shown(&of_renewals(&region, &ids)),
            "InstanceId=i-1,i-2 PageSize=100 RegionId=cn-hangzhou"
        );
    }
}
