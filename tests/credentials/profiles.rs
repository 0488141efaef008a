//! The profiles of the vendor's CLI.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use crate::house::{House, TEMP, arn, serve_http};

fn with_profiles(house: &House, profiles: &Value) {
    let file = json!({"current": profiles[0]["name"], "profiles": profiles});
    house.write(".aliyun/config.json", &file.to_string());
}

fn temporary(name: &str, mode: &str, ends: i64) -> Value {
    json!({"name": name, "mode": mode, "access_key_id": "STS.temp", "access_key_secret": "temp-secret",
        "sts_token": "temp-token", "sts_expiration": ends})
}

#[tokio::test]
async fn profiles_that_hold_a_key_give_it() {
    let house = House::new("keys").await;
    with_profiles(
        &house,
        &json!([
            {"name": "work", "mode": "AK", "access_key_id": "lasting-id", "access_key_secret": "lasting-secret",
             "region_id": "cn-beijing"},
            temporary("guest", "ststoken", 0),
            temporary("sso", "CloudSSO", 4_000_000_000),
            temporary("browser", "OAuth", 4_000_000_000),
            {"name": "role", "mode": "RamRoleArn", "access_key_id": "lasting-id",
             "access_key_secret": "lasting-secret", "ram_role_arn": arn("plain")},
        ]),
    );
    for profile in ["work", "guest", "sso", "browser", "role"] {
        assert_eq!(house.works(Some(profile)).await, "CLI profile", "{profile}");
    }
    let found = house.find(None).await.unwrap();
    assert_eq!(found.region.unwrap().as_str(), "cn-beijing");
    assert!(house.told.borrow().is_empty(), "{:?}", house.told);
}

#[tokio::test]
async fn a_profile_named_by_hand_stands_above_the_environment_and_one_named_there_below_its_keys() {
    let mut house = House::new("named").await;
    house
        .set("ALIBABA_CLOUD_ACCESS_KEY_ID", "lasting-id")
        .set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "lasting-secret")
        .set("ALICLOUD_ASSUME_ROLE_ARN", arn("nobodys"))
        .set("ALIBABA_CLOUD_PROFILE", "guest");
    with_profiles(
        &house,
        &json!([
            temporary("other", "StsToken", 0),
            temporary("guest", "StsToken", 0)
        ]),
    );
    assert_eq!(house.works(Some("guest")).await, "CLI profile");
    house.set("ALICLOUD_ASSUME_ROLE_ARN", "");
    assert_eq!(house.works(None).await, "environment");
    house
        .set("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
        .set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "");
    assert_eq!(house.works(None).await, "CLI profile");
    house.set("ALIBABA_CLOUD_PROFILE", "nobody");
    let said = house.refused(None).await;
    assert!(said.contains("has no profile `nobody`"), "{said}");
    assert!(
        !said.contains("ECS metadata"),
        "another identity was never meant: {said}"
    );
}

#[tokio::test]
async fn modes_that_need_a_person_or_are_given_up_say_what_to_do() {
    let house = House::new("modes").await;
    let cases = [
        (
            "CloudSSO",
            "aliyun configure --profile CloudSSO --mode CloudSSO",
        ),
        ("OAuth", "sign in again"),
        ("RsaKeyPair", "use AK, RamRoleArn or OIDC"),
        ("BearerToken", "cannot sign calls about machines"),
        ("Anonymous", "cannot sign calls about machines"),
        ("RamRoleArnWithRoleName", "ChainableRamRoleArn"),
        ("Telepathy", "docs/credentials.md"),
        ("StsToken", "it has no `sts_token`"),
        ("RamRoleArn", "it has no `access_key_id`"),
        ("ChainableRamRoleArn", "it has no `source_profile`"),
        ("OIDC", "it has no `oidc_provider_arn`"),
        ("External", "it has no `process_command`"),
        ("CredentialsURI", "it has no `credentials_uri`"),
    ];
    let profiles: Vec<Value> = cases
        .iter()
        .map(|(mode, _)| json!({"name": mode, "mode": mode}))
        .collect();
    with_profiles(&house, &Value::from(profiles));
    for (mode, way_out) in cases {
        let said = house.refused(Some(mode)).await;
        assert!(
            said.contains(way_out) && said.contains(mode),
            "{mode}: {said}"
        );
    }
    with_profiles(
        &house,
        &json!([temporary("old", "CloudSSO", 1_000_000_000)]),
    );
    let said = house.refused(Some("old")).await;
    assert!(said.contains("its sign-in has ended"), "{said}");
}

#[tokio::test]
async fn a_program_prints_a_key_and_no_shell_reads_its_words() {
    let mut house = House::new("external").await;
    let printed = r#"{"mode":"StsToken","access_key_id":"STS.temp","access_key_secret":"temp-secret",
        "sts_token":"temp-token","expiration":"2099-01-01T00:00:00Z"}"#;
    house.write("key file.json", printed);
    let file = house.home.join("key file.json").display().to_string();
    let external = |name: &str, command: String| json!({"name": name, "mode": "External", "process_command": command});
    with_profiles(
        &house,
        &json!([
            external("good", format!("cat '{file}'")),
            external("shell", format!("cat '{file}' | cat")),
            external("open", "cat 'key".to_owned()),
            external("absent", "/nowhere/at-all temp-secret".to_owned()),
            external("loud", "printf temp-secret".to_owned()),
            external("endless", "yes temp-secret".to_owned()),
        ]),
    );
    assert_eq!(house.works(Some("good")).await, "CLI profile");
    for (profile, why) in [
        ("shell", "it failed"),
        ("open", "a quote that does not end"),
        ("absent", "`/nowhere/at-all`: it cannot be started"),
        ("loud", "is not JSON"),
        ("endless", "it printed more than 65536 bytes"),
    ] {
        let said = house.refused(Some(profile)).await;
        assert!(said.contains(why), "{profile}: {said}");
    }
    house.set("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "1");
    let said = house.refused(Some("good")).await;
    assert!(
        said.contains("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids"),
        "{said}"
    );
}

#[tokio::test]
async fn a_profile_may_point_to_an_address_or_to_a_token() {
    let house = House::new("pointing").await;
    let origin = serve_http(Router::new().route("/", get(|| async { TEMP }))).await;
    house.write("token", "the-runners-token");
    with_profiles(
        &house,
        &json!([
            {"name": "uri", "mode": "CredentialsURI", "credentials_uri": origin},
            {"name": "oidc", "mode": "OIDC", "ram_role_arn": arn("runner"), "oidc_token_file": house.home.join("token"),
             "oidc_provider_arn": "acs:ram::1234567890123456:oidc-provider/ci"},
        ]),
    );
    assert_eq!(house.works(Some("uri")).await, "CLI profile");
    assert_eq!(house.works(Some("oidc")).await, "CLI profile");
}

#[tokio::test]
async fn a_file_that_others_may_read_is_warned_about_and_used() {
    let house = House::new("open-file").await;
    with_profiles(&house, &json!([temporary("guest", "StsToken", 0)]));
    let path = house.home.join(".aliyun/config.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(house.works(None).await, "CLI profile");
    let told = house.told.borrow();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("mode 0640") && told[0].contains("chmod 600"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_profile_that_was_never_filled_in_is_passed_by_unless_it_is_asked_for() {
    let mut house = House::new("blank").await;
    with_profiles(
        &house,
        &json!([{"name": "default", "mode": "AK", "access_key_id": "", "access_key_secret": ""}]),
    );
    house.write(".alibabacloud/credentials", "[default]\ntype = access_key\naccess_key_id = lasting-id\naccess_key_secret = lasting-secret\n");
    assert_eq!(house.works(None).await, "credentials file");
    let said = house.refused(Some("default")).await;
    assert!(said.contains("it has no `access_key_id`"), "{said}");
    for switch in [
        "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
        "ALIBABA_CLOUD_IGNORE_PROFILE",
    ] {
        house.set(switch, "TRUE");
        let said = house.refused(Some("default")).await;
        assert!(said.contains("switches profiles off"), "{said}");
        house.set(switch, "");
    }
}
