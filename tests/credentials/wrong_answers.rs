//! Whoever should give out keys answers something else: refused, in bounded time, and not repeated.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::routing::any;
use respec::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::house::{House, TEMP, arn, serve_http};

/// Plays every service at once, and answers each the same.
async fn answering(status: u16, body: String) -> String {
    let answer = move || async move {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    };
    serve_http(Router::new().fallback(any(answer))).await
}

/// The three ways to ask that service.
async fn asking(name: &str, origin: &str) -> House {
    let mut house = House::new(name).await;
    house.metadata = origin.to_owned();
    let profiles = json!({"profiles": [
        {"name": "uri", "mode": "CredentialsURI", "credentials_uri": origin},
        {"name": "machine", "mode": "EcsRamRole", "ram_role_name": "web"},
        {"name": "role", "mode": "RamRoleArn", "access_key_id": "lasting-id",
         "access_key_secret": "lasting-secret", "ram_role_arn": arn("plain")},
    ]});
    house.write(".aliyun/config.json", &profiles.to_string());
    house.endpoint = origin.to_owned();
    house
}

fn temp_without(field: &str) -> String {
    let mut answer: Value = serde_json::from_str(TEMP).unwrap();
    answer.as_object_mut().unwrap().remove(field);
    answer.to_string()
}

/// As STS writes it.
fn in_credentials(answer: &str) -> String {
    format!("{{\"RequestId\":\"R\",\"Credentials\":{answer}}}")
}

#[tokio::test]
async fn pages_of_proxies_halves_and_ended_keys_are_no_keys() {
    let ended = TEMP.replace("2099", "2020");
    for (status, body) in [
        (200, "<html>Sign in: temp-secret</html>".to_owned()),
        (200, String::new()),
        (
            200,
            "{\"AccessKeyId\":\"STS.temp\",\"AccessKeySec".to_owned(),
        ),
        (200, "[\"temp-secret\"]".to_owned()),
        (200, temp_without("AccessKeyId")),
        (200, temp_without("AccessKeySecret")),
        (200, temp_without("SecurityToken")),
        (200, temp_without("Expiration")),
        (200, TEMP.replace("2099-01-01", "temp-secret")),
        (200, TEMP.replace("Success", "Failed")),
        (200, ended),
        (200, format!("{TEMP}{}", " ".repeat(100_000))),
        (200, TEMP.replace("\"STS.temp\"", "[7]")),
        (404, TEMP.to_owned()),
        (
            403,
            "{\"Code\":\"Forbidden\",\"Message\":\"lasting-secret is yours\"}".to_owned(),
        ),
        (302, "temp-secret".to_owned()),
    ] {
        let shown: String = body.chars().take(60).collect();
        let house = asking("wrong", &answering(status, body.clone()).await).await;
        for profile in ["uri", "machine"] {
            let said = house.refused(Some(profile)).await;
            assert!(!said.is_empty(), "{profile}, {shown}");
        }
        let wrapped = if status == 200 {
            in_credentials(&body)
        } else {
            body
        };
        let house = asking("wrong-sts", &answering(status, wrapped).await).await;
        house.refused(Some("role")).await;
    }
}

#[tokio::test]
async fn an_sts_that_repeats_what_it_was_sent_is_not_repeated() {
    let echo = "{\"Code\":\"InvalidParameter.OIDCToken\",\"Message\":\"bad token the-runners-token\",\"RequestId\":\"R-9\"}";
    let mut house = asking("echo", &answering(400, echo.to_owned()).await).await;
    house.write("token", "the-runners-token");
    let file = house.home.join("token").display().to_string();
    house
        .set("ALIBABA_CLOUD_ROLE_ARN", arn("runner"))
        .set(
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
            "acs:ram::1:oidc-provider/ci",
        )
        .set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file);
    let said = house.refused(None).await;
    assert!(
        said.contains("bad token ****") && said.contains("R-9"),
        "{said}"
    );
}

#[tokio::test]
async fn a_metadata_service_that_never_answers_is_given_up_soon() {
    let silent = || std::future::pending::<&str>();
    let origin = serve_http(Router::new().fallback(any(silent))).await;
    let house = asking("slow", &origin).await;
    let clock = SystemClock::new(1);
    let said = house.refused(Some("machine")).await;
    assert!(said.contains("does not answer"), "{said}");
    assert!(
        clock.elapsed() < Duration::from_secs(5),
        "{:?}",
        clock.elapsed()
    );
}
