//! Whose clock is far off is told so before anything else: what was sent when hangs on it.

use respec::cloud::{Cloud as _, ErrorKind};

use super::{answer, house};

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_far_off_is_refused_with_how_far_and_which_way() {
    // By the clock of these houses it is 08:00:00.
    for (date, told) in [
        ("Sun, 01 Mar 2026 08:05:20 GMT", None),
        ("Sun, 01 Mar 2026 07:54:40 GMT", None),
        (
            "Sun, 01 Mar 2026 08:05:40 GMT",
            Some("5 min behind the cloud's"),
        ),
        (
            "Sun, 01 Mar 2026 07:00:00 GMT",
            Some("60 min ahead of the cloud's"),
        ),
        ("yesterday", None),
    ] {
        let mut reply =
            answer(200, r#"{"RequestId":"R-1","AccountId":"1234567890123456"}"#).unwrap();
        reply.headers.push(("date".to_owned(), date.to_owned()));
        let asked = house(vec![Ok(reply)]).aliyun.caller_identity().await;
        match (asked, told) {
            (Ok(_), None) => {}
            (Err(error), Some(told)) => {
                assert_eq!(error.kind, ErrorKind::Credentials);
                assert!(error.message.contains(told), "{error}");
            }
            (asked, told) => panic!("{date}: {asked:?} instead of {told:?}"),
        }
    }
}
