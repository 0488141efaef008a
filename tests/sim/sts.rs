//! Temporary keys: how they are got, what they sign, and when they end.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::{Answer, House, signed, story};

const ROLE: &str = "acs:ram::1234567890123456:role/deploy";
const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/runner";
const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";

/// A key pair as somebody signs with it.
struct Pair(Vec<(String, String)>, String);

impl Pair {
    fn lasting() -> Self {
        let id = ("AccessKeyId".to_owned(), "simulated".to_owned());
        Self(vec![id], "simulated-secret".to_owned())
    }

    fn of(answer: &Answer) -> Self {
        let text = |name: &str| {
            answer.body["Credentials"][name]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let public = ["AccessKeyId", "SecurityToken"].map(|name| (name.to_owned(), text(name)));
        Self(public.to_vec(), text("AccessKeySecret"))
    }
}

async fn call(house: &House, by: &Pair, version: &str, params: &[(&str, &str)]) -> Answer {
    let mut all = house.common("");
    all.retain(|(name, _)| !["Action", "Version", "AccessKeyId"].contains(&name.as_str()));
    all.push(("Version".to_owned(), version.to_owned()));
    all.extend(by.0.clone());
    all.extend(owned(params));
    house.send(signed(all, &by.1)).await.unwrap()
}

async fn sts(house: &House, by: &Pair, params: &[(&str, &str)]) -> Answer {
    call(house, by, "2015-04-01", params).await
}

fn owned(params: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = params
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    owned.collect()
}

async fn assume(house: &House, by: &Pair, more: &[(&str, &str)]) -> Answer {
    let mut params = vec![
        ("Action", "AssumeRole"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "respec"),
    ];
    params.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    params.extend(more);
    sts(house, by, &params).await
}

/// A call that nobody signs.
async fn unsigned(house: &House, params: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    house.send(query).await.unwrap()
}

#[test]
fn the_keys_of_a_role_sign_until_their_hour_is_over() {
    story(ONE, |house| async move {
        let answer = assume(&house, &Pair::lasting(), &[]).await;
        assert_eq!(
            answer.body["Credentials"]["Expiration"],
            "2026-01-01T01:00:00Z"
        );
        let mine = Pair::of(&answer);
        let who = sts(&house, &mine, &[("Action", "GetCallerIdentity")]).await;
        assert_eq!(who.body["IdentityType"], "AssumedRoleUser");
        assert_eq!(
            who.body["Arn"],
            "acs:sts::1234567890123456:assumed-role/deploy/respec"
        );
        assert_eq!(
            who.body["PrincipalId"],
            answer.body["AssumedRoleUser"]["AssumedRoleId"]
        );

        let look = [("Action", "DescribeInstances")];
        let ecs = async |by: &Pair| call(&house, by, "2014-05-26", &look).await;
        assert_eq!(ecs(&mine).await.body["TotalCount"], 1);
        let bare = Pair(mine.0[..1].to_vec(), mine.1.clone());
        assert_eq!(ecs(&bare).await.code(), "MissingSecurityToken");
        let guessed = Pair(mine.0.clone(), "guessed".to_owned());
        assert_eq!(ecs(&guessed).await.code(), "SignatureDoesNotMatch");

        // A chain: the keys of one role assume the next one.
        let other = [("RoleArn", "acs:ram::1234567890123456:role/other")];
        let next = Pair::of(&assume(&house, &mine, &other).await);
        house.wait(3500).await;
        assert_eq!(ecs(&mine).await.code(), "OK");
        house.wait(100).await;
        assert_eq!(ecs(&mine).await.code(), "InvalidSecurityToken.Expired");
        assert_eq!(ecs(&next).await.code(), "InvalidSecurityToken.Expired");
        assert_eq!(ecs(&Pair::lasting()).await.code(), "OK");
    });
}

#[test]
fn a_role_says_how_long_and_for_whom() {
    let scenario = "roles:
- {name: deploy, max_session: 2h, external_id: ours}
- {name: short, keys_last: 90s}
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
    story(scenario, |house| async move {
        let short = "acs:ram::1234567890123456:role/short";
        for (more, expected) in [
            (&[("ExternalId", "ours")][..], "OK"),
            (&[("ExternalId", "ours"), ("DurationSeconds", "7200")], "OK"),
            (
                &[("ExternalId", "ours"), ("DurationSeconds", "7201")],
                "InvalidParameter.DurationSeconds",
            ),
            (
                &[("ExternalId", "ours"), ("DurationSeconds", "899")],
                "InvalidParameter.DurationSeconds",
            ),
            (&[("ExternalId", "theirs")], "NoPermission"),
            (&[], "NoPermission"),
            (
                &[("RoleSessionName", "a b")],
                "InvalidParameter.RoleSessionName",
            ),
            (&[("RoleSessionName", "")], "MissingParameter"),
            (&[("RoleArn", "deploy")], "InvalidParameter.RoleArn"),
            (
                &[("RoleArn", "acs:ram::1234567890123456:role/nobody")],
                "EntityNotExist.Role",
            ),
            (
                &[("RoleArn", "acs:ram::1:role/deploy")],
                "EntityNotExist.Role",
            ),
            (&[("RoleArn", short)], "OK"),
        ] {
            let answer = assume(&house, &Pair::lasting(), more).await;
            assert_eq!(answer.code(), expected, "{more:?}");
        }
        let brief = assume(&house, &Pair::lasting(), &[("RoleArn", short)]).await;
        house.wait(91).await;
        let late = sts(
            &house,
            &Pair::of(&brief),
            &[("Action", "GetCallerIdentity")],
        )
        .await;
        assert_eq!(late.code(), "InvalidSecurityToken.Expired");
    });
}

#[test]
fn a_token_of_a_provider_is_proof_enough() {
    story(ONE, |house| async move {
        let with = async |token: &str, more: &[(&str, &str)]| {
            let mut params = vec![
                ("Action", "AssumeRoleWithOIDC"),
                ("Version", "2015-04-01"),
                ("Format", "JSON"),
                ("RoleArn", ROLE),
                ("OIDCProviderArn", PROVIDER),
                ("OIDCToken", token),
                ("RoleSessionName", "runner-7"),
            ];
            params.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
            params.extend(more);
            unsigned(&house, &params).await
        };
        let ends = house.now().as_second() + 60;
        let token = web_token(&json!({ "sub": "repo:shop", "exp": ends }));
        let answer = with(&token, &[]).await;
        assert_eq!(answer.body["OIDCTokenInfo"]["Subject"], "repo:shop");
        let mine = Pair::of(&answer);
        let who = sts(&house, &mine, &[("Action", "GetCallerIdentity")]).await;
        assert_eq!(
            who.body["Arn"],
            "acs:sts::1234567890123456:assumed-role/deploy/runner-7"
        );
        assert_eq!(with("opaque", &[]).await.code(), "OK");
        let foreign = [("OIDCProviderArn", "acs:ram::1:oidc-provider/runner")];
        assert_eq!(
            with(&token, &foreign).await.code(),
            "EntityNotExist.OIDCProvider"
        );
        house.wait(60).await;
        assert_eq!(
            with(&token, &[]).await.code(),
            "AuthenticationFail.OIDCToken.Expired"
        );
        // Only this operation goes without a signature.
        let look = [
            ("Action", "DescribeRegions"),
            ("Version", "2014-05-26"),
            ("Format", "JSON"),
        ];
        assert_eq!(unsigned(&house, &look).await.code(), "IncompleteSignature");
    });
}

#[test]
fn a_saved_world_remembers_its_sessions() {
    story(ONE, |house| async move {
        let mine = Pair::of(&assume(&house, &Pair::lasting(), &[]).await);
        let saved = house.world.lock().unwrap().save();
        *house.world.lock().unwrap() = respec::sim::World::load(&saved).unwrap();
        let who = sts(&house, &mine, &[("Action", "GetCallerIdentity")]).await;
        assert_eq!(who.code(), "OK");
    });
}

/// A web token with these claims; nobody checks its signature here.
fn web_token(claims: &Value) -> String {
    let part =
        |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({ "alg": "RS256" })), part(claims))
}
