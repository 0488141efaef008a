//! The INI file, and files that are not what they should be.

use axum::Router;
use axum::routing::get;

use crate::house::{House, TEMP, arn, serve_http};

#[tokio::test]
async fn the_ini_file_knows_three_types() {
    let mut house = House::new("ini").await;
    let ini = format!(
        "; made by hand\n[default]\ntype = access_key\naccess_key_id = lasting-id\naccess_key_secret = lasting-secret\n\
         [role]\ntype=ram_role_arn\naccess_key_id=lasting-id\naccess_key_secret=lasting-secret\n\
         role_arn={}\nrole_session_name=ini-file\n\
         [machine]\ntype = ecs_ram_role\nrole_name = web-role\n\
         [half]\ntype = access_key\naccess_key_id = lasting-id\n\
         [odd]\ntype = bearer_token\n",
        arn("plain")
    );
    house.write(".alibabacloud/credentials", &ini);
    let path = "/latest/meta-data/ram/security-credentials/web-role";
    house.metadata = serve_http(Router::new().route(path, get(|| async { TEMP }))).await;
    assert_eq!(house.works(None).await, "credentials file");
    for name in ["default", "role", "machine"] {
        assert_eq!(house.works(Some(name)).await, "credentials file", "{name}");
    }
    assert_eq!(house.calls("AssumeRole"), 1);
    for (name, why) in [
        ("half", "it has no `access_key_secret`"),
        ("odd", "`bearer_token` is not known"),
        ("gone", "has no [gone]"),
    ] {
        let said = house.refused(Some(name)).await;
        assert!(said.contains(why), "{name}: {said}");
    }
    house.set("ALIBABA_CLOUD_PROFILE", "machine");
    house.set(
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        house.home.join("elsewhere").display().to_string(),
    );
    let said = house.refused(None).await;
    assert!(said.contains("elsewhere does not exist"), "{said}");
}

#[tokio::test]
async fn a_broken_file_ends_the_search_and_its_text_stays_where_it_is() {
    let huge = format!("{{\"x\":\"{}\"}}", "temp-secret ".repeat(100_000));
    for (name, text, why) in [
        (".aliyun/config.json", "temp-secret", "line 1, column"),
        (
            ".aliyun/config.json",
            r#"{"profiles":[{"access_key_secret":["temp-secret"]}]}"#,
            "line 1, column",
        ),
        (
            ".aliyun/config.json",
            r#"{"profiles":"temp-secret"}"#,
            "line 1, column",
        ),
        (
            ".aliyun/config.json",
            huge.as_str(),
            "larger than 1048576 bytes",
        ),
        (
            ".alibabacloud/credentials",
            "[default\ntemp-secret",
            "it is not an INI file",
        ),
    ] {
        let house = House::new("broken").await;
        house.write(name, text);
        let said = house.refused(None).await;
        assert!(said.contains(why) && said.contains(name), "{said}");
    }
    let mut house = House::new("folder").await;
    house.set(
        "ALIBABA_CLOUD_CONFIG_FILE",
        house.home.display().to_string(),
    );
    let said = house.refused(None).await;
    assert!(said.contains("it is not a file"), "{said}");
}
