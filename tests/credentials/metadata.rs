//! The metadata service of an ECS machine, in both its versions, and credentials URIs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};

use crate::house::{House, TEMP, serve_http};

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: &str = "/latest/api/token";

/// Answers only who shows the token.
async fn with_token(headers: HeaderMap, answer: &'static str) -> (StatusCode, &'static str) {
    match headers.get("x-aliyun-ecs-metadata-token") {
        Some(token) if token == "t1" => (StatusCode::OK, answer),
        Some(_) | None => (StatusCode::UNAUTHORIZED, "no"),
    }
}

fn second_version() -> Router {
    let give = |headers: HeaderMap| async move {
        assert_eq!(headers["x-aliyun-ecs-metadata-token-ttl-seconds"], "21600");
        "t1"
    };
    Router::new()
        .route(TOKEN, put(give))
        .route(ROLES, get(|headers| with_token(headers, "web-role\n")))
        .route(
            &format!("{ROLES}web-role"),
            get(|headers| with_token(headers, TEMP)),
        )
}

fn first_version() -> Router {
    Router::new()
        .route(ROLES, get(|| async { "web-role" }))
        .route(&format!("{ROLES}web-role"), get(|| async { TEMP }))
}

/// On an ECS machine, with an endpoint on loopback a role has to be named.
async fn on_a_machine(name: &str, service: Router) -> House {
    let mut house = House::new(name).await;
    house.metadata = serve_http(service).await;
    house.set("ALIBABA_CLOUD_ECS_METADATA", "web-role");
    house
}

#[tokio::test]
async fn the_second_version_is_asked_with_its_token() {
    let house = on_a_machine("v2", second_version()).await;
    assert_eq!(house.works(None).await, "ECS metadata");
}

#[tokio::test]
async fn a_machine_with_the_first_version_only_is_asked_without_one_unless_that_is_forbidden() {
    let mut house = on_a_machine("v1", first_version()).await;
    assert_eq!(house.works(None).await, "ECS metadata");
    house.set("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    let said = house.refused(None).await;
    assert!(
        said.contains("it gives no token (HTTP status 404)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_token_that_is_not_taken_any_more_is_left_out() {
    let twice = Arc::new(AtomicU32::new(0));
    let counted = twice.clone();
    let answer = move |headers: HeaderMap| {
        counted.fetch_add(1, Ordering::Relaxed);
        let shown = headers.contains_key("x-aliyun-ecs-metadata-token");
        async move {
            (
                if shown {
                    StatusCode::UNAUTHORIZED
                } else {
                    StatusCode::OK
                },
                TEMP,
            )
        }
    };
    let service = Router::new()
        .route(TOKEN, put(|| async { "stale" }))
        .route(&format!("{ROLES}web-role"), get(answer));
    let house = on_a_machine("stale", service).await;
    assert_eq!(house.works(None).await, "ECS metadata");
    assert_eq!(twice.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_profile_without_a_role_name_takes_the_machines_own() {
    let mut house = House::new("own-role").await;
    house.metadata = serve_http(second_version()).await;
    let profile = r#"{"current":"m","profiles":[{"name":"m","mode":"EcsRamRole"}]}"#;
    house.write(".aliyun/config.json", profile);
    assert_eq!(house.works(None).await, "CLI profile");

    house.metadata = serve_http(Router::new()).await;
    let said = house.refused(None).await;
    assert!(
        said.contains("profile `m`: this machine has no RAM role"),
        "{said}"
    );
}

#[tokio::test]
async fn a_named_role_that_is_not_there_ends_the_search() {
    let mut house = on_a_machine("no-role", second_version()).await;
    house.set("ALIBABA_CLOUD_ECS_METADATA", "db-role");
    let said = house.refused(None).await;
    assert!(
        said.contains("knows no role db-role (HTTP status 404)"),
        "{said}"
    );
    house.set("ALIBABA_CLOUD_ECS_METADATA", "../../user-data");
    let said = house.refused(None).await;
    assert!(said.contains("not the name of a role"), "{said}");
}

#[tokio::test]
async fn the_machines_own_role_is_not_for_a_simulator_and_can_be_switched_off() {
    let mut house = House::new("not-asked").await;
    house.metadata = serve_http(second_version()).await;
    let said = house.refused(None).await;
    assert!(
        said.contains("not asked: the endpoint is on this machine"),
        "{said}"
    );
    house.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let said = house.refused(None).await;
    assert!(
        said.contains("ALIBABA_CLOUD_ECS_METADATA_DISABLED switches it off"),
        "{said}"
    );
}

#[tokio::test]
async fn a_credentials_uri_is_the_last_place() {
    let mut house = House::new("uri").await;
    let served = Router::new().route("/keys", get(|| async { TEMP }));
    let origin = serve_http(served).await;
    house.set(
        "ALICLOUD_CREDENTIALS_URI",
        format!("{origin}/keys?for=me#part"),
    );
    assert_eq!(house.works(None).await, "credentials URI");
    house.set("ALICLOUD_CREDENTIALS_URI", format!("{origin}/elsewhere"));
    let said = house.refused(None).await;
    assert!(said.contains("HTTP status 404"), "{said}");
    house.set("ALICLOUD_CREDENTIALS_URI", "http://203.0.113.7/keys");
    let said = house.refused(None).await;
    assert!(
        said.contains("ALICLOUD_CREDENTIALS_URI is no address") && said.contains("loopback"),
        "{said}"
    );
}
