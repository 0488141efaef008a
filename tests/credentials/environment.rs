//! Variables: the many names of one key, and where the search ends.

use respec::aliyun::Site;

use crate::house::{House, arn};

#[tokio::test]
async fn every_tools_names_for_a_key_are_known() {
    for (id, secret) in [
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ),
        (
            "ALIBABACLOUD_ACCESS_KEY_ID",
            "ALIBABACLOUD_ACCESS_KEY_SECRET",
        ),
        ("ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET"),
        ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"),
        ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET"),
    ] {
        let mut house = House::new("names").await;
        house.set(id, "lasting-id").set(secret, "lasting-secret");
        assert_eq!(house.works(None).await, "environment", "{id}");
        house.set(secret, "");
        let said = house.refused(None).await;
        assert!(
            said.contains(&format!("{id} set, but not {secret}")),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_key_is_never_put_together_from_two_tools_variables() {
    let mut house = House::new("mixed").await;
    house
        .set("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.temp")
        .set("ALICLOUD_SECRET_KEY", "temp-secret")
        .set("ALICLOUD_SECURITY_TOKEN", "temp-token");
    let said = house.refused(None).await;
    assert!(
        said.contains("not ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        "{said}"
    );
    house
        .set("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
        .set("ALICLOUD_ACCESS_KEY", "STS.temp");
    assert_eq!(house.works(None).await, "environment");
}

#[tokio::test]
async fn the_region_beside_a_key_has_as_many_names() {
    let mut house = House::new("region").await;
    house
        .set("ALICLOUD_ACCESS_KEY", "lasting-id")
        .set("ALICLOUD_SECRET_KEY", "lasting-secret")
        .set("ALICLOUD_REGION", "cn-shanghai");
    let found = house.find(None).await.unwrap();
    assert_eq!(found.region.unwrap().as_str(), "cn-shanghai");
}

#[tokio::test]
async fn the_site_is_told_by_terraforms_variable_and_never_by_a_profile() {
    let mut house = House::new("site").await;
    // The vendor's CLI writes this site into every profile.
    let profile = r#"{"current":"p","profiles":[{"name":"p","mode":"AK","site":"china",
        "access_key_id":"lasting-id","access_key_secret":"lasting-secret"}]}"#;
    house.write(".aliyun/config.json", profile);
    for (told, site) in [
        ("", None),
        ("Domestic", Some(Site::China)),
        ("international", Some(Site::International)),
        ("elsewhere", None),
    ] {
        house.set("ALIBABA_CLOUD_ACCOUNT_TYPE", told);
        assert_eq!(house.find(None).await.unwrap().site, site, "{told}");
        let by_hand = house.find(Some("p")).await.unwrap();
        assert_eq!(by_hand.site, None, "it may be another account");
    }
}

#[tokio::test]
async fn the_role_of_terraforms_variable_is_assumed_with_the_key_found() {
    let mut house = House::new("terraform").await;
    house
        .set("ALICLOUD_ACCESS_KEY", "lasting-id")
        .set("ALICLOUD_SECRET_KEY", "lasting-secret")
        .set("ALICLOUD_ASSUME_ROLE_ARN", arn("plain"))
        .set("ALICLOUD_ASSUME_ROLE_SESSION_NAME", "pipeline-7");
    assert_eq!(house.works(None).await, "environment");
    assert_eq!(house.calls("AssumeRole"), 1);
    house.set("ALICLOUD_ASSUME_ROLE_SESSION_NAME", "no spaces");
    let said = house.refused(None).await;
    assert!(said.contains("session name has 2 to 64"), "{said}");
}

#[tokio::test]
async fn where_nothing_is_set_up_every_place_is_named_in_turn() {
    let house = House::new("nothing").await;
    let said = house.refused(None).await;
    let mut rest = said.as_str();
    for part in [
        "environment",
        "ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "OIDC token",
        "CLI profile",
        ".aliyun/config.json does not exist",
        "credentials file",
        ".alibabacloud/credentials does not exist",
        "ECS metadata",
        "credentials URI",
        "ALIBABA_CLOUD_CREDENTIALS_URI is not set",
    ] {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part} in {said}"));
        rest = &rest[at..];
    }
}
