//! Roles: taken on with a key, with the token of an identity provider, one behind the other.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use serde_json::json;

use crate::house::{House, arn, serve_http};

/// The three variables of a CI runner.
fn on_a_runner(house: &mut House, token: &str) {
    house.write("token", token);
    let file = house.home.join("token").display().to_string();
    house
        .set("ALIBABA_CLOUD_ROLE_ARN", arn("runner"))
        .set(
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "acs:ram::1234567890123456:oidc-provider/ci",
        )
        .set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file);
}

#[tokio::test]
async fn a_runners_token_is_traded_for_a_role_without_any_key() {
    let mut house = House::new("oidc").await;
    on_a_runner(&mut house, "the-runners-token\n");
    assert_eq!(house.works(None).await, "OIDC token");
    assert_eq!(house.calls("AssumeRoleWithOIDC"), 1);
}

#[tokio::test]
async fn a_token_that_is_not_believed_ends_the_search_with_code_and_request() {
    let mut house = House::new("oidc-refused").await;
    on_a_runner(&mut house, "another-token");
    house.set(
        "ALIBABA_CLOUD_CREDENTIALS_URI",
        "http://127.0.0.1:1/never-asked",
    );
    let said = house.refused(None).await;
    assert!(
        said.contains("AuthenticationFail.OIDCToken.Invalid"),
        "{said}"
    );
    assert!(said.contains("request_id: Some"), "{said}");
    assert!(said.contains("role/runner with the OIDC token"), "{said}");
}

#[tokio::test]
async fn half_of_a_runners_variables_is_an_error_and_the_role_alone_is_nothing() {
    let mut house = House::new("oidc-half").await;
    on_a_runner(&mut house, "the-runners-token");
    house.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "");
    let said = house.refused(None).await;
    let wanted = "ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE set, but not \
                  ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
    assert!(said.contains(wanted), "{said}");
    house.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "");
    let said = house.refused(None).await;
    assert!(said.contains("credentials URI"), "{said}");
}

#[tokio::test]
async fn a_missing_or_empty_token_file_is_named() {
    let mut house = House::new("oidc-file").await;
    on_a_runner(&mut house, "  \n");
    let said = house.refused(None).await;
    assert!(
        said.contains("the file of the OIDC token is empty"),
        "{said}"
    );
    house.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nowhere/token");
    let said = house.refused(None).await;
    assert!(said.contains("/nowhere/token cannot be read"), "{said}");
}

#[tokio::test]
async fn a_role_behind_a_role_is_reached_through_every_profile_between() {
    let house = House::new("chained").await;
    let profiles = json!({"current": "top", "profiles": [
        {"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "middle",
         "ram_role_arn": arn("deploy"), "external_id": "shibboleth", "region_id": "cn-shenzhen"},
        {"name": "middle", "mode": "RamRoleArn", "access_key_id": "lasting-id",
         "access_key_secret": "lasting-secret", "ram_role_arn": arn("plain"), "expired_seconds": 900},
        {"name": "round", "mode": "ChainableRamRoleArn", "source_profile": "round",
         "ram_role_arn": arn("plain")},
        {"name": "wrong", "mode": "ChainableRamRoleArn", "source_profile": "middle",
         "ram_role_arn": arn("deploy")},
    ]});
    house.write(".aliyun/config.json", &profiles.to_string());
    assert_eq!(house.works(None).await, "CLI profile");
    assert_eq!(house.calls("AssumeRole"), 2);
    let found = house.find(Some("top")).await.unwrap();
    assert_eq!(found.region.unwrap().as_str(), "cn-shenzhen");

    let said = house.refused(Some("round")).await;
    assert!(
        said.contains("more than 5 profiles stand behind one another"),
        "{said}"
    );
    let said = house.refused(Some("wrong")).await;
    assert!(
        said.contains("NoPermission") && said.contains("role/deploy"),
        "{said}"
    );
}

#[tokio::test]
async fn sts_is_told_everything_that_the_profile_says() {
    let heard = Arc::new(Mutex::new((String::new(), String::new())));
    let ears = heard.clone();
    let hear = move |uri: Uri, body: Bytes| async move {
        let query = uri.query().unwrap_or_default().to_owned();
        let form = String::from_utf8_lossy(&body).into_owned();
        *ears.lock().unwrap() = (query, form);
        r#"{"RequestId":"6B6C-1"}"#
    };
    let mut house = House::new("told").await;
    house.endpoint = serve_http(Router::new().fallback(hear)).await;
    let profile = json!({"profiles": [{"name": "p", "mode": "RamRoleArn", "access_key_id": "STS.temp",
        "access_key_secret": "temp-secret", "sts_token": "temp-token", "ram_role_arn": arn("deploy"),
        "ram_session_name": "nightly", "expired_seconds": 1800, "external_id": "shibboleth",
        "policy": "{\"Version\":\"1\"}"}]});
    house.write(".aliyun/config.json", &profile.to_string());
    let said = house.refused(Some("p")).await;
    assert!(
        said.contains("STS: the answer does not hold a key"),
        "{said}"
    );
    let (query, form) = heard.lock().unwrap().clone();
    assert_eq!(
        form,
        "DurationSeconds=1800&ExternalId=shibboleth&Policy=%7B%22Version%22%3A%221%22%7D\
         &RoleArn=acs%3Aram%3A%3A1234567890123456%3Arole%2Fdeploy&RoleSessionName=nightly"
    );
    for part in [
        "Action=AssumeRole&",
        "SecurityToken=temp-token&",
        "Signature=",
        "Version=2015-04-01",
    ] {
        assert!(query.contains(part), "{part} in {query}");
    }
}
