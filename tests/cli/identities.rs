//! In whose name the program works: on a CI runner, through roles, and when there is nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::house::{FAST, House};
use crate::shop::{APPLY, CLOUD, MANIFEST, WANTED, all_run_as, shop};

/// The shop's cloud, with roles.
const ROLES: &str = "
account: '1234567890123456'
roles:
- {name: ci, oidc_token: a-token-of-the-runner}
- {name: deploy, external_id: ticket-4711}
- {name: bastion}
";

/// Another account, which has none of the shop's machines.
const ELSEWHERE: &str = "
account: '6543210987654321'
instances:
- {InstanceId: i-9, InstanceName: other, InstanceType: ecs.g7.large}
";

/// Nobody's house: no key in the environment.
fn without_keys(name: &str) -> House {
    let mut house = House::with(name, MANIFEST, &format!("{ROLES}{CLOUD}"), FAST);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "");
    house.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    house
}

fn write_private(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_ci_runner_applies_with_nothing_but_its_token() {
    let mut house = without_keys("runner");
    house.set(
        "ALIBABA_CLOUD_ROLE_ARN",
        "acs:ram::1234567890123456:role/ci",
    );
    house.set(
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
        "acs:ram::1234567890123456:oidc-provider/forge",
    );
    let half = house.run("plan").exits(77);
    half.says(&["set, but not ALIBABA_CLOUD_OIDC_TOKEN_FILE", "hint:"]);

    house.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "runner.token");
    house
        .run("plan")
        .exits(77)
        .says(&["runner.token", "does not exist"]);
    house.write("runner.token", "somebody-elses-token");
    let refused = house.run("plan").exits(77);
    let refused = refused.says(&[
        "role/ci",
        "AuthenticationFail.OIDCToken.Invalid",
        "request:",
    ]);
    assert!(
        !refused.stderr.contains("somebody-elses-token"),
        "{refused}"
    );
    assert!(!house.has("state"));

    house.write("runner.token", "a-token-of-the-runner\n");
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
    let calls = house.server.calls();
    assert!(!calls.contains_key("AssumeRole"), "{calls:?}");
    let state = fs::read_dir(house.folder.join("state/shop")).unwrap();
    for file in state
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
    {
        let bytes = fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("a-token-of-the-runner"),
            "{file:?}"
        );
    }
}

#[test]
fn a_role_behind_a_bastions_role_is_reached_by_a_chain_of_profiles() {
    let house = without_keys("profiles");
    let config = house.folder.join(".aliyun/config.json");
    let profiles = |ticket: &str| {
        json!({"current": "nobody", "profiles": [
            {"name": "nobody", "mode": "AK", "access_key_id": "", "access_key_secret": ""},
            {"name": "person", "mode": "External", "process_command": "cat 'my key.json'"},
            {"name": "bastion", "mode": "ChainableRamRoleArn", "source_profile": "person",
             "ram_role_arn": "acs:ram::1234567890123456:role/bastion"},
            {"name": "shop", "mode": "ChainableRamRoleArn", "source_profile": "bastion",
             "ram_role_arn": "acs:ram::1234567890123456:role/deploy", "external_id": ticket},
        ]})
        .to_string()
    };
    write_private(&config, &profiles("ticket-4710"));
    let key = json!({"mode": "AK", "access_key_id": house.server.key_id,
        "access_key_secret": house.server.key_secret});
    house.write("my key.json", key.to_string());

    let refused = house.run("plan --profile shop").exits(77);
    refused.says(&["assume the role", "role/deploy", "NoPermission", "request:"]);
    write_private(&config, &profiles("ticket-4711"));
    house.run("plan --profile shop -detailed-exitcode").exits(2);
    house.run(&format!("{APPLY} --profile shop")).exits(0);
    all_run_as(&house, WANTED);

    fs::set_permissions(&config, fs::Permissions::from_mode(0o644)).unwrap();
    let warned = house.run("plan --profile shop").exits(0);
    warned.says(&["warning:", ".aliyun/config.json", "mode 0644", "chmod 600"]);
    // The one file that may hold the key goes home with its owner.
    fs::remove_file(house.folder.join("my key.json")).unwrap();
}

#[test]
fn where_there_is_nobody_every_place_is_listed_and_the_state_can_be_read_all_the_same() {
    let house = without_keys("nobody");
    let lost = house.run("apply -auto-approve").exits(77);
    lost.says(&[
        "error: no credentials\n",
        "  environment       ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "  OIDC token        ALIBABA_CLOUD_OIDC_TOKEN_FILE is not set",
        "  CLI profile       ",
        "  credentials file  ",
        "  ECS metadata      ALIBABA_CLOUD_ECS_METADATA_DISABLED switches it off",
        "  credentials URI   ALIBABA_CLOUD_CREDENTIALS_URI is not set",
        "hint: ",
        "docs/credentials.md",
    ]);
    house.run("state list").exits(1).says(&["state/shop"]);
    assert_eq!(house.server.n_calls(), 0);
}

/// Held against another account, every machine of the state would be gone.
#[test]
fn a_state_is_compared_with_no_other_account() {
    let mut house = shop("whose-state", FAST);
    house.run(APPLY).exits(0);
    let elsewhere = House::with("whose-state-elsewhere", MANIFEST, ELSEWHERE, FAST);
    house.set("RESPEC_ENDPOINT", &elsewhere.server.url);
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", &elsewhere.server.key_id);
    house.set(
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        &elsewhere.server.key_secret,
    );
    for command in ["drift", "drift -json", "plan", APPLY] {
        let refused = house.run(command).exits(1);
        assert_eq!(refused.stdout, "", "{command}");
        refused.says(&[
            "is the state of account 1234567890123456, ",
            "these credentials belong to account 6543210987654321",
            "hint: use its credentials",
        ]);
    }
    // Without the plan nobody knows which account it was.
    fs::remove_dir_all(house.folder.join("state/shop/plans")).unwrap();
    house.run("drift").exits(1).says(&[
        "is the state of another account, ",
        "these credentials belong to account 6543210987654321",
    ]);
    assert_eq!(elsewhere.server.n_changing_calls(), 0);
}
