//! What the client really sends, against the list of parameters.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use async_trait::async_trait;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints};
use respec::clock::VirtualClock;
use respec::cloud::Cloud;
use respec::guide::parameters::{self, Fate};
use respec::model::{
    ClientToken, InstanceId, ModifyCall, NetworkBilling, NetworkChange, PrepayChange, RegionId,
    SpecChange, TemporaryBandwidth, TypeName,
};
use respec::wire::{HttpReply, HttpRequest, Wire, WireError};

/// Keeps what was sent and accepts it.
#[derive(Default)]
struct Letterbox(RefCell<Vec<HttpRequest>>);

#[async_trait(?Send)]
impl Wire for Letterbox {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        self.0.borrow_mut().push(request);
        Ok(HttpReply {
            status: 200,
            headers: Vec::new(),
            body: br#"{"RequestId":"R-1","OrderId":"1"}"#.to_vec(),
        })
    }
}

/// Each call with everything set that can be; a new field breaks this on purpose.
fn full_calls() -> [ModifyCall; 3] {
    let instance_type = TypeName::new("ecs.g7.large").unwrap();
    [
        ModifyCall::Spec(SpecChange {
            instance_type: instance_type.clone(),
            allow_migrate_across_zone: Some(true),
            system_disk_category: Some("cloud_ssd".to_owned()),
        }),
        ModifyCall::Prepay(PrepayChange {
            instance_type,
            auto_pay: false,
            migrate_across_zone: Some(true),
            system_disk_category: Some("cloud_ssd".to_owned()),
        }),
        ModifyCall::Network(NetworkChange {
            charge_type: Some(NetworkBilling::PayByTraffic),
            max_bandwidth_out: Some(50),
            max_bandwidth_in: Some(50),
            allocate_public_ip: Some(true),
            auto_pay: Some(false),
            temporary: Some(TemporaryBandwidth {
                max_bandwidth_out: 50,
                start: "2026-03-02T08:00:00Z".parse().unwrap(),
                end: "2026-03-02T20:00:00Z".parse().unwrap(),
            }),
        }),
    ]
}

/// Parameters that every request of the vendor's gateway carries, whatever it asks for.
fn is_common(name: &str) -> bool {
    let common = [
        "Version",
        "Format",
        "AccessKeyId",
        "Timestamp",
        "SecurityToken",
    ];
    name.starts_with("Signature") || common.contains(&name)
}

async fn sent(call: &ModifyCall) -> BTreeSet<String> {
    let letterbox = Rc::new(Letterbox::default());
    let region = RegionId::new("cn-beijing").unwrap();
    let config = AliyunConfig {
        credentials: AccessKey {
            id: "LTAItest".to_owned(),
            secret: "hush-hush".into(),
            token: None,
        }
        .into(),
        endpoints: Endpoints::vendor(),
        region: region.clone(),
    };
    let epoch = "2026-03-01T08:00:00Z".parse().unwrap();
    let clock = Rc::new(VirtualClock::starting_at(epoch));
    let aliyun = Aliyun::new(config, letterbox.clone(), clock, Box::new(|| 7));
    let machine = InstanceId::new("i-1").unwrap();
    let token = ClientToken::new("rs1token").unwrap();
    aliyun
        .modify(&region, &machine, call, &token)
        .await
        .unwrap();
    let request = letterbox.0.borrow()[0].clone();
    let body = String::from_utf8(request.body).unwrap();
    let pairs = [request.query, body].join("&");
    form_urlencoded::parse(pairs.as_bytes())
        .map(|(name, _)| name.into_owned())
        .filter(|name| !name.is_empty() && !is_common(name))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_is_what_the_list_says_is_sent() {
    for call in full_calls() {
        let operation = call.operation();
        let listed: BTreeSet<String> = parameters::ALL
            .iter()
            .filter(|known| known.operations.contains(&operation))
            .filter(|known| matches!(known.fate, Fate::Written(_) | Fate::Own))
            .map(|known| known.name.to_owned())
            .collect();
        assert_eq!(sent(&call).await, listed, "{operation}");
    }
}

#[test]
fn no_parameter_of_an_operation_is_listed_twice() {
    let mut seen = BTreeSet::new();
    for known in parameters::ALL {
        for operation in known.operations {
            assert!(
                seen.insert((operation, known.name)),
                "{operation} {}",
                known.name
            );
        }
    }
    assert_eq!(
        parameters::find("ModifyInstanceSpec", "DryRun")
            .unwrap()
            .fate,
        Fate::Never
    );
}
