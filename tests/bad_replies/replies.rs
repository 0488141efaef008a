//! The bad replies, made from the good one, and a few odd ones that are good all the same.

use std::io::Write as _;
use std::time::Duration;

use crate::raw::{Act, Ending, Manner};

/// One way to answer.
pub(crate) struct Reply {
    pub(crate) name: &'static str,
    /// From the good body to what is done instead.
    pub(crate) manner: fn(&str) -> Manner,
}

/// Far more than the client may read.
pub(crate) const HUGE: usize = 100 * 1024 * 1024;

const BLOCK: usize = 64 * 1024;

/// Where redirects lead; nobody may come here.
pub(crate) const ELSEWHERE: &str = "http://127.0.0.1:9/";

const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Hotel</title></head><body>\
     <form action=/login><input name=room></form></body></html>";

fn close(acts: Vec<Act>) -> Manner {
    Manner {
        acts,
        ending: Ending::Close,
    }
}

fn raw(bytes: impl Into<Vec<u8>>) -> Manner {
    close(vec![Act::Say(bytes.into())])
}

/// A well-formed HTTP reply around any body.
fn http(status: &str, headers: &str, body: &[u8]) -> Manner {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    raw([head.as_bytes(), body].concat())
}

fn json(body: impl AsRef<[u8]>) -> Manner {
    http(
        "200 OK",
        "content-type: application/json\r\n",
        body.as_ref(),
    )
}

fn html(status: &str) -> Manner {
    http(status, "content-type: text/html\r\n", LOGIN_PAGE.as_bytes())
}

fn redirect(status: &str, body: &str) -> Manner {
    http(
        status,
        &format!("location: {ELSEWHERE}\r\n"),
        body.as_bytes(),
    )
}

/// The head of a good reply of this length, and then whatever follows.
fn promised(length: usize, then: Vec<Act>) -> Vec<Act> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let mut acts = vec![Act::Say(head.into_bytes())];
    acts.extend(then);
    acts
}

fn say(text: &str) -> Act {
    Act::Say(text.as_bytes().to_vec())
}

/// The first half of a text.
fn half(text: &str) -> &str {
    &text[..text.len() / 2]
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    // Stored blocks: gzip's frame without anything squeezed, which needs no library.
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    let length = u16::try_from(body.len()).unwrap();
    bytes.push(1);
    bytes.write_all(&length.to_le_bytes()).unwrap();
    bytes.write_all(&(!length).to_le_bytes()).unwrap();
    bytes.extend_from_slice(body);
    bytes
}

/// Everything that is no answer. None may be taken for one, nor for a refusal that is certain.
pub(crate) const BAD: &[Reply] = &[
    // Nothing, or not HTTP.
    Reply {
        name: "the connection is closed at once",
        manner: |_| close(vec![]),
    },
    Reply {
        name: "the connection is reset at once",
        manner: |_| Manner {
            acts: vec![],
            ending: Ending::Reset,
        },
    },
    Reply {
        name: "nothing ever comes",
        manner: |_| close(vec![Act::Sit]),
    },
    Reply {
        name: "another protocol",
        manner: |_| raw("SSH-2.0-OpenSSH_9.7\r\n"),
    },
    Reply {
        name: "the beginning of TLS",
        manner: |_| raw(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec()),
    },
    Reply {
        name: "a preface of HTTP/2",
        manner: |_| raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    },
    Reply {
        name: "a body without a head (HTTP/0.9)",
        manner: |good| raw(good),
    },
    Reply {
        name: "a status line cut in the middle",
        manner: |_| raw("HTTP/1.1 200 OK\r\ncontent-le"),
    },
    Reply {
        name: "a status that is no number",
        manner: |_| raw("HTTP/1.1 two OK\r\n\r\n{}"),
    },
    Reply {
        name: "a status of four digits",
        manner: |_| raw("HTTP/1.1 2000 OK\r\n\r\n{}"),
    },
    Reply {
        name: "headers without end",
        manner: |_| {
            let line = b"x-filler: 0123456789012345678901234567890123456789\r\n".to_vec();
            close(vec![say("HTTP/1.1 200 OK\r\n"), Act::Repeat(line, 100_000)])
        },
    },
    Reply {
        name: "one endless header",
        manner: |_| {
            close(vec![
                say("HTTP/1.1 200 OK\r\nx: "),
                Act::Repeat(vec![b'x'; BLOCK], 400),
            ])
        },
    },
    Reply {
        name: "only interim replies",
        manner: |_| {
            close(vec![Act::Repeat(
                b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
                1000,
            )])
        },
    },
    Reply {
        name: "a switch of protocols",
        manner: |_| {
            raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
        },
    },
    // Cut, reset, or of another length than promised.
    Reply {
        name: "half of the body",
        manner: |good| close(promised(good.len(), vec![say(half(good))])),
    },
    Reply {
        name: "half of the body, then a reset",
        manner: |good| Manner {
            acts: promised(good.len(), vec![say(half(good))]),
            ending: Ending::Reset,
        },
    },
    Reply {
        name: "a length that is too short",
        manner: |good| close(promised(good.len() - 9, vec![say(good)])),
    },
    Reply {
        name: "a length that is too long",
        manner: |good| close(promised(good.len() + 9, vec![say(good)])),
    },
    Reply {
        name: "a length that is no number",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{good}"
            ))
        },
    },
    Reply {
        name: "two lengths",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: {}\r\n\r\n{good}",
                good.len()
            ))
        },
    },
    Reply {
        name: "a chunk cut in the middle",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}",
                good.len(),
                half(good)
            ))
        },
    },
    Reply {
        name: "all chunks but the last",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{good}\r\n",
                good.len()
            ))
        },
    },
    Reply {
        name: "a chunk whose size is no number",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{good}\r\n0\r\n\r\n"
            ))
        },
    },
    Reply {
        name: "HTTP/1.0 cut in the middle",
        manner: |good| raw(format!("HTTP/1.0 200 OK\r\n\r\n{}", half(good))),
    },
    // Endless or slow.
    Reply {
        name: "100 MB of blanks",
        manner: |_| {
            close(promised(
                HUGE,
                vec![Act::Repeat(vec![b' '; BLOCK], HUGE / BLOCK)],
            ))
        },
    },
    Reply {
        name: "100 MB of JSON",
        manner: |_| {
            close(promised(
                HUGE,
                vec![
                    say("{\"RequestId\":\""),
                    Act::Repeat(vec![b'7'; BLOCK], HUGE / BLOCK),
                ],
            ))
        },
    },
    Reply {
        name: "100 MB of small chunks",
        manner: |_| {
            let chunk = [&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat();
            let head = say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            close(vec![head, Act::Repeat(chunk, HUGE / 1024)])
        },
    },
    Reply {
        name: "a body that drips",
        manner: |good| {
            let bytes = good.as_bytes().to_vec();
            close(promised(
                good.len(),
                vec![Act::Drip(bytes, Duration::from_millis(40))],
            ))
        },
    },
    Reply {
        name: "a head that drips",
        manner: |_| {
            close(vec![Act::Drip(
                b"HTTP/1.1 200 OK\r\nserver: slow\r\n".to_vec(),
                Duration::from_millis(40),
            )])
        },
    },
    // Complete, and not for us.
    Reply {
        name: "no body",
        manner: |_| json(""),
    },
    Reply {
        name: "204 No Content",
        manner: |_| raw("HTTP/1.1 204 No Content\r\n\r\n"),
    },
    Reply {
        name: "a login page",
        manner: |_| html("200 OK"),
    },
    Reply {
        name: "a login page behind 203",
        manner: |_| html("203 Non-Authoritative Information"),
    },
    Reply {
        name: "401 of a proxy",
        manner: |_| html("401 Unauthorized"),
    },
    Reply {
        name: "403 of a proxy",
        manner: |_| html("403 Forbidden"),
    },
    Reply {
        name: "404 of a proxy",
        manner: |_| html("404 Not Found"),
    },
    Reply {
        name: "407 of a proxy",
        manner: |_| html("407 Proxy Authentication Required"),
    },
    Reply {
        name: "451 of a proxy",
        manner: |_| html("451 Unavailable For Legal Reasons"),
    },
    Reply {
        name: "500 of a proxy",
        manner: |_| html("500 Internal Server Error"),
    },
    Reply {
        name: "502 of a gateway",
        manner: |_| html("502 Bad Gateway"),
    },
    Reply {
        name: "504 of a gateway",
        manner: |_| html("504 Gateway Timeout"),
    },
    Reply {
        name: "511 of a hotel",
        manner: |_| html("511 Network Authentication Required"),
    },
    Reply {
        name: "a status nobody knows",
        manner: |_| html("799 Later"),
    },
    Reply {
        name: "301 without a body",
        manner: |_| redirect("301 Moved Permanently", ""),
    },
    Reply {
        name: "302 with a login page",
        manner: |_| redirect("302 Found", LOGIN_PAGE),
    },
    Reply {
        name: "307 with the good body",
        manner: |good| redirect("307 Temporary Redirect", good),
    },
    Reply {
        name: "308 with the good body",
        manner: |good| redirect("308 Permanent Redirect", good),
    },
    Reply {
        name: "304 Not Modified",
        manner: |_| raw("HTTP/1.1 304 Not Modified\r\n\r\n"),
    },
    Reply {
        name: "400 with the good body",
        manner: |good| http("400 Bad Request", "", good.as_bytes()),
    },
    Reply {
        name: "500 with the good body",
        manner: |good| http("500 Internal Server Error", "", good.as_bytes()),
    },
    // Packed although nobody asked for it; the bomb never gets its chance.
    Reply {
        name: "gzip",
        manner: |good| {
            http(
                "200 OK",
                "content-encoding: gzip\r\n",
                &gzipped(good.as_bytes()),
            )
        },
    },
    Reply {
        name: "a gzip bomb's beginning",
        manner: |_| {
            http(
                "200 OK",
                "content-encoding: gzip\r\n",
                &[
                    &b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xec\xc1\x01\x01"[..],
                    &[0; 4096],
                ]
                .concat(),
            )
        },
    },
    Reply {
        name: "an encoding nobody knows",
        manner: |good| {
            http(
                "200 OK",
                "content-encoding: br\r\n",
                &good.bytes().rev().collect::<Vec<_>>(),
            )
        },
    },
    // Texts that are no JSON.
    Reply {
        name: "half of the text",
        manner: |good| json(half(good)),
    },
    Reply {
        name: "all of the text but the last brace",
        manner: |good| json(&good[..good.len() - 1]),
    },
    Reply {
        name: "the text twice",
        manner: |good| json(format!("{good}{good}")),
    },
    Reply {
        name: "the text with something behind it",
        manner: |good| json(format!("{good}<!-- cached -->")),
    },
    Reply {
        name: "a mark of byte order",
        manner: |good| json(format!("\u{feff}{good}")),
    },
    Reply {
        name: "UTF-16",
        manner: |good| {
            json(
                good.encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>(),
            )
        },
    },
    Reply {
        name: "invalid UTF-8 in a value",
        manner: |good| {
            json(
                good.replacen("\"RequestId\":\"473", "\"RequestId\":\"\u{1}\u{2}\u{3}", 1)
                    .into_bytes()
                    .into_iter()
                    .map(|b| if b < 4 { b + 0xf8 } else { b })
                    .collect::<Vec<_>>(),
            )
        },
    },
    Reply {
        name: "XML",
        manner: |_| json("<?xml version=\"1.0\"?><Response><RequestId>R</RequestId></Response>"),
    },
    Reply {
        name: "a NUL in front",
        manner: |good| json(format!("\0{good}")),
    },
    // JSON that is no reply.
    Reply {
        name: "null",
        manner: |_| json("null"),
    },
    Reply {
        name: "true",
        manner: |_| json("true"),
    },
    Reply {
        name: "a number",
        manner: |_| json("200"),
    },
    Reply {
        name: "a number out of range",
        manner: |_| json("{\"RequestId\":1e999}"),
    },
    Reply {
        name: "a text",
        manner: |_| json("\"OK\""),
    },
    Reply {
        name: "an empty object",
        manner: |_| json("{}"),
    },
    Reply {
        name: "an empty list",
        manner: |_| json("[]"),
    },
    Reply {
        name: "a list of the good one",
        manner: |good| json(format!("[{good}]")),
    },
    Reply {
        name: "a list in place of fields",
        manner: |_| json(r#"["473469C7","203847561928374","203.0.113.9",null]"#),
    },
    Reply {
        name: "the good one under another name",
        manner: |good| json(format!("{{\"Data\":{good}}}")),
    },
    Reply {
        name: "all names in lower case",
        manner: |good| json(good.to_lowercase().replace("requestid", "request_id")),
    },
    Reply {
        name: "every value null",
        manner: |_| json(EVERY_NAME.replace('?', "null")),
    },
    Reply {
        name: "every value an empty text",
        manner: |_| json(EVERY_NAME.replace('?', "\"\"")),
    },
    Reply {
        name: "every value true",
        manner: |_| json(EVERY_NAME.replace('?', "true")),
    },
    Reply {
        name: "every value a number",
        manner: |_| json(EVERY_NAME.replace('?', "-1.5")),
    },
    Reply {
        name: "every value a list",
        manner: |_| json(EVERY_NAME.replace('?', "[\"i-1\",200]")),
    },
    Reply {
        name: "every value an object",
        manner: |_| json(EVERY_NAME.replace('?', "{\"Code\":\"200\"}")),
    },
    Reply {
        name: "every field twice",
        manner: |good| json(format!("{},{}", &good[..good.len() - 1], &good[1..])),
    },
    Reply {
        name: "deep lists",
        manner: |_| json("[".repeat(200_000)),
    },
    Reply {
        name: "deep objects",
        manner: |_| json("{\"RequestId\":".repeat(200_000)),
    },
    Reply {
        name: "a deep value",
        manner: |_| {
            json(format!(
                "{{\"RequestId\":{}1{}}}",
                "[".repeat(100_000),
                "]".repeat(100_000)
            ))
        },
    },
];

const EVERY_NAME: &str = r#"{"RequestId":?,"AccountId":?,"Instances":?,"AvailableZones":?,"Regions":?,
    "InstanceTypes":?,"InstanceResponses":?,"OrderId":?,"IpAddress":?}"#;

/// What looks odd and is the answer.
pub(crate) const ODD_BUT_GOOD: &[Reply] = &[
    Reply {
        name: "as it should be",
        manner: |good| json(good),
    },
    Reply {
        name: "HTTP/1.0 until the end",
        manner: |good| raw(format!("HTTP/1.0 200 OK\r\n\r\n{good}")),
    },
    Reply {
        name: "without a content type",
        manner: |good| http("200 OK", "", good.as_bytes()),
    },
    Reply {
        name: "with a code that says that all is well",
        manner: |good| json(good.replacen('{', "{\"Code\":\"200\",", 1)),
    },
    Reply {
        name: "as text/html",
        manner: |good| http("200 OK", "content-type: text/html\r\n", good.as_bytes()),
    },
    Reply {
        name: "with fields of tomorrow",
        manner: |good| json(good.replacen('{', "{\"New\":[{\"a\":1}],\"Code\":null,", 1)),
    },
    Reply {
        name: "between blanks",
        manner: |good| json(format!("\r\n  {good}\n\n")),
    },
    Reply {
        name: "in chunks of one byte",
        manner: |good| {
            let chunks: String = good.chars().map(|c| format!("1\r\n{c}\r\n")).collect();
            raw(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
            ))
        },
    },
    Reply {
        name: "behind an interim reply",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{good}",
                good.len()
            ))
        },
    },
    Reply {
        name: "with another reply behind it",
        manner: |good| {
            raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{good}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}",
                good.len()
            ))
        },
    },
];
