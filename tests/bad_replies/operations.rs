//! Every operation respec calls, with a reply that is right for it.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints};
use respec::clock::SystemClock;
use respec::cloud::{
    Billing, Cloud, CloudError, InstanceQuery, ModificationQuery, OperationType, OrderQuery, Payer,
    PowerCall, PowerVerb, Prices,
};
use respec::http::HttpWire;
use respec::model::{
    ClientToken, InstanceId, ModifyCall, NetworkChange, OrderId, PrepayChange, RegionId, ShapeKey,
    SpecChange, StoppedMode, Term, TypeName, UpgradeKey, UpgradeTarget,
};
use respec::wire::{HttpReply, HttpRequest, Wire, WireError};

/// How much faster than real time retries come.
const SPEED: u32 = 1000;

/// What the client may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CallerIdentity,
    InstancesById,
    AllInstances,
    Modification,
    Regions,
    InstanceTypes,
    Power(PowerVerb),
    PowerOne(PowerVerb),
    ModifySpec,
    ModifyPrepay,
    ModifyNetwork,
    AllocatePublicIp,
    Orders,
    OneOrder,
    AccountBalance,
    CancelOrder,
    PayOrder,
    UpgradePrice,
    ShapePrice,
    Renewals,
}

use Operation::{
    AccountBalance, AllInstances, AllocatePublicIp, CallerIdentity, CancelOrder, InstanceTypes,
    InstancesById, Modification, ModifyNetwork, ModifyPrepay, ModifySpec, OneOrder, Orders,
    PayOrder, Power, PowerOne, Regions, Renewals, ShapePrice, UpgradePrice,
};
use PowerVerb::{ForceStop, Reboot, Start, Stop};
use StoppedMode::KeepCharging;

/// All of them.
pub(crate) const ALL: [Operation; 26] = [
    CallerIdentity,
    InstancesById,
    AllInstances,
    Modification,
    Regions,
    InstanceTypes,
    Power(Start),
    Power(Stop(KeepCharging)),
    Power(ForceStop(KeepCharging)),
    Power(Reboot),
    PowerOne(Start),
    PowerOne(Stop(KeepCharging)),
    PowerOne(ForceStop(KeepCharging)),
    PowerOne(Reboot),
    ModifySpec,
    ModifyPrepay,
    ModifyNetwork,
    AllocatePublicIp,
    Orders,
    OneOrder,
    AccountBalance,
    CancelOrder,
    PayOrder,
    UpgradePrice,
    ShapePrice,
    Renewals,
];

impl Operation {
    /// Whether it changes nothing.
    pub(crate) fn only_reads(self) -> bool {
        match self {
            CallerIdentity | InstancesById | AllInstances | Modification | Regions
            | InstanceTypes | Orders | OneOrder | AccountBalance | UpgradePrice | ShapePrice
            | Renewals => true,
            Power(_) | PowerOne(_) | ModifySpec | ModifyPrepay | ModifyNetwork
            | AllocatePublicIp | CancelOrder | PayOrder => false,
        }
    }

    /// What the cloud would answer.
    pub(crate) fn good_body(self) -> String {
        let fields = match self {
            CallerIdentity => r#""AccountId":"1234567890123456""#,
            InstancesById | AllInstances => {
                r#""NextToken":"","Instances":{"Instance":[{"InstanceId":"i-1","RegionId":"cn-beijing",
                "ZoneId":"cn-beijing-h","Status":"Running","InstanceType":"ecs.g7.large",
                "InstanceChargeType":"PostPaid","InternetMaxBandwidthOut":5}]}"#
            }
            Modification => {
                r#""AvailableZones":{"AvailableZone":[{"ZoneId":"cn-beijing-h","AvailableResources":
                {"AvailableResource":[{"Type":"InstanceType","SupportedResources":{"SupportedResource":[
                {"Value":"ecs.g7.xlarge","Status":"Available","StatusCategory":"WithStock"}]}}]}}]}"#
            }
            Regions => r#""Regions":{"Region":[{"RegionId":"cn-beijing","RegionEndpoint":"e"}]}"#,
            InstanceTypes => {
                r#""InstanceTypes":{"InstanceType":[{"InstanceTypeId":"ecs.g7.large",
                "CpuCoreCount":2,"MemorySize":8.0}]},"NextToken":"""#
            }
            Power(_) => {
                r#""InstanceResponses":{"InstanceResponse":[{"InstanceId":"i-1","Code":"200",
                "Message":"success"}]}"#
            }
            PowerOne(_) | ModifySpec => r#""HostId":"ecs.aliyuncs.com""#,
            ModifyPrepay | ModifyNetwork => r#""OrderId":"203847561928374""#,
            AllocatePublicIp => r#""IpAddress":"203.0.113.9""#,
            Orders | OneOrder => {
                r#""Code":"Success","Success":true,"Data":{"TotalCount":1,"OrderList":{"Order":[
                {"OrderId":"203847561928374","OrderType":"Upgrade","PaymentStatus":"Unpaid",
                "CreateTime":"2026-03-01T08:00:00Z","InstanceIDs":"[\"i-1\"]"}]}}"#
            }
            AccountBalance => {
                r#""Code":"Success","Success":true,
                "Data":{"AvailableAmount":"1,000.00","Currency":"CNY"}"#
            }
            CancelOrder | PayOrder => r#""Code":"Success","Success":true"#,
            UpgradePrice | ShapePrice => {
                r#""PriceInfo":{"Price":{"TradePrice":1.5,"Currency":"CNY"}}"#
            }
            Renewals => {
                r#""InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-1",
                "AutoRenewEnabled":true,"Duration":1,"PeriodUnit":"Month"}]}"#
            }
        };
        format!(r#"{{"RequestId":"473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E",{fields}}}"#)
    }

    /// Asks the client for it. What one machine of a batch is told counts as the answer.
    pub(crate) async fn call(self, aliyun: &Aliyun) -> Result<(), CloudError> {
        let (region, machine) = (region(), machine());
        match self {
            CallerIdentity => aliyun.caller_identity().await.map(drop),
            InstancesById => {
                let ids = vec![machine];
                let query = InstanceQuery::Ids { region, ids };
                aliyun.describe_instances(&query).await.map(drop)
            }
            AllInstances => {
                let next_token = None;
                let query = InstanceQuery::All { region, next_token };
                aliyun.describe_instances(&query).await.map(drop)
            }
            Modification => {
                let query = ModificationQuery {
                    region,
                    instance: machine,
                    operation: OperationType::Upgrade,
                    migrate_across_zone: false,
                };
                aliyun.describe_modification(&query).await.map(drop)
            }
            Regions => aliyun.describe_regions().await.map(drop),
            InstanceTypes => aliyun.describe_instance_types(&region).await.map(drop),
            Power(verb) => {
                let mut answers = aliyun.power(&power_call(verb)).await?;
                answers.remove(0).result.map(drop)
            }
            PowerOne(verb) => aliyun.power_one(&power_call(verb)).await.map(drop),
            ModifySpec => modify(aliyun, ModifyCall::Spec(spec_change())).await,
            ModifyPrepay => modify(aliyun, ModifyCall::Prepay(prepay_change())).await,
            ModifyNetwork => modify(aliyun, ModifyCall::Network(NetworkChange::default())).await,
            AllocatePublicIp => aliyun.allocate_public_ip(&region, &machine).await.map(drop),
            Orders => aliyun.query_orders(&a_day()).await.map(drop),
            OneOrder => aliyun.order_detail(&order()).await.map(drop),
            AccountBalance => aliyun.account_balance().await.map(drop),
            CancelOrder => aliyun.cancel_order(&order()).await.map(drop),
            PayOrder => aliyun.pay_order(&order(), &payer()).await.map(drop),
            UpgradePrice => aliyun.upgrade_price(&machine, &upgrade()).await.map(drop),
            ShapePrice => aliyun.shape_price(&shape()).await.map(drop),
            Renewals => aliyun.auto_renewals(&region, &[machine]).await.map(drop),
        }
    }
}

async fn modify(aliyun: &Aliyun, change: ModifyCall) -> Result<(), CloudError> {
    let token = ClientToken::new("rs1token").unwrap();
    let (region, machine) = (region(), machine());
    let reply = aliyun.modify(&region, &machine, &change, &token);
    reply.await.map(drop)
}

fn order() -> OrderId {
    OrderId::new("203847561928374").unwrap()
}

fn payer() -> Payer {
    Payer {
        buyer_id: "1".to_owned(),
        payer_id: "2".to_owned(),
        pay_submit_uid: "3".to_owned(),
        token: "hush-money".into(),
    }
}

fn a_day() -> OrderQuery {
    OrderQuery {
        created_from: "2026-03-01T00:00:00Z".parse().unwrap(),
        created_until: "2026-03-02T00:00:00Z".parse().unwrap(),
        payment: None,
        kind: None,
    }
}

fn upgrade() -> UpgradeKey {
    UpgradeKey {
        region: region(),
        from: TypeName::new("ecs.g7.large").unwrap(),
        image: None,
        expires_at: None,
        charge_type: None,
        max_bandwidth_out: 0,
        target: UpgradeTarget::Type {
            to: larger(),
            system_disk_category: None,
        },
    }
}

fn shape() -> ShapeKey {
    ShapeKey {
        region: region(),
        instance_type: larger(),
        image: None,
        fixed_bandwidth: 0,
        term: Term::Hour,
    }
}

fn larger() -> TypeName {
    TypeName::new("ecs.g7.xlarge").unwrap()
}

fn spec_change() -> SpecChange {
    SpecChange {
        instance_type: larger(),
        allow_migrate_across_zone: None,
        system_disk_category: None,
    }
}

fn prepay_change() -> PrepayChange {
    PrepayChange {
        instance_type: larger(),
        auto_pay: false,
        migrate_across_zone: None,
        system_disk_category: None,
    }
}

fn region() -> RegionId {
    RegionId::new("cn-beijing").unwrap()
}

fn machine() -> InstanceId {
    InstanceId::new("i-1").unwrap()
}

fn power_call(verb: PowerVerb) -> PowerCall {
    PowerCall {
        region: region(),
        verb,
        instances: vec![machine()],
    }
}

/// The wire over sockets, for people in a hurry: nothing may take longer than this.
struct Hasty {
    wire: HttpWire,
    longest: Duration,
}

#[async_trait(?Send)]
impl Wire for Hasty {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        let timeout = request.timeout.min(self.longest);
        self.wire.send(HttpRequest { timeout, ..request }).await
    }
}

/// A client that speaks to this origin and waits at most so long for a reply.
pub(crate) fn client(origin: &str, longest: Duration) -> Aliyun {
    let config = AliyunConfig {
        credentials: AccessKey {
            id: "LTAItest".to_owned(),
            secret: "hush-hush".into(),
            token: Some("t0k3n".into()),
        }
        .into(),
        endpoints: Endpoints::custom(origin).unwrap(),
        region: region(),
    };
    let wire = HttpWire::new().unwrap();
    let wire = Rc::new(Hasty { wire, longest });
    let mut n = 0;
    let counter = Box::new(move || {
        n += 1;
        n
    });
    Aliyun::new(config, wire, Rc::new(SystemClock::new(SPEED)), counter)
}

/// Runs sockets and their tasks on one thread, in real time.
pub(crate) fn awake<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, story)
}
