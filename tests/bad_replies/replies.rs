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

const fn reply(name: &'static str, manner: fn(&str) -> Manner) -> Reply {
    Reply { name, manner }
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
    reply("the connection is closed at once", |_| close(vec![])),
    reply("the connection is reset at once", |_| Manner {
        acts: vec![],
        ending: Ending::Reset,
    }),
    reply("nothing ever comes", |_| close(vec![Act::Sit])),
    reply("another protocol", |_| raw("SSH-2.0-OpenSSH_9.7\r\n")),
    reply("the beginning of TLS", |_| {
        raw(b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec())
    }),
    reply("a preface of HTTP/2", |_| {
        raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    }),
    reply("a body without a head (HTTP/0.9)", |good| raw(good)),
    reply("a status line cut in the middle", |_| {
        raw("HTTP/1.1 200 OK\r\ncontent-le")
    }),
    reply("a status that is no number", |_| {
        raw("HTTP/1.1 two OK\r\n\r\n{}")
    }),
    reply("a status of four digits", |_| {
        raw("HTTP/1.1 2000 OK\r\n\r\n{}")
    }),
    reply("headers without end", |_| {
        let line = b"x-filler: 0123456789012345678901234567890123456789\r\n".to_vec();
        close(vec![say("HTTP/1.1 200 OK\r\n"), Act::Repeat(line, 100_000)])
    }),
    reply("one endless header", |_| {
        close(vec![
            say("HTTP/1.1 200 OK\r\nx: "),
            Act::Repeat(vec![b'x'; BLOCK], 400),
        ])
    }),
    reply("only interim replies", |_| {
        close(vec![Act::Repeat(
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            1000,
        )])
    }),
    reply("a switch of protocols", |_| {
        raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
    }),
    // Cut, reset, or of another length than promised.
    reply("half of the body", |good| {
        close(promised(good.len(), vec![say(half(good))]))
    }),
    reply("half of the body, then a reset", |good| Manner {
        acts: promised(good.len(), vec![say(half(good))]),
        ending: Ending::Reset,
    }),
    reply("a length that is too short", |good| {
        close(promised(good.len() - 9, vec![say(good)]))
    }),
    reply("a length that is too long", |good| {
        close(promised(good.len() + 9, vec![say(good)]))
    }),
    reply("a length that is no number", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{good}"
        ))
    }),
    reply("two lengths", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: {}\r\n\r\n{good}",
            good.len()
        ))
    }),
    reply("a chunk cut in the middle", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}",
            good.len(),
            half(good)
        ))
    }),
    reply("all chunks but the last", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{good}\r\n",
            good.len()
        ))
    }),
    reply("a chunk whose size is no number", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{good}\r\n0\r\n\r\n"
        ))
    }),
    reply("HTTP/1.0 cut in the middle", |good| {
        raw(format!("HTTP/1.0 200 OK\r\n\r\n{}", half(good)))
    }),
    // Endless or slow.
    reply("100 MB of blanks", |_| {
        close(promised(
            HUGE,
            vec![Act::Repeat(vec![b' '; BLOCK], HUGE / BLOCK)],
        ))
    }),
    reply("100 MB of JSON", |_| {
        close(promised(
            HUGE,
            vec![
                say("{\"RequestId\":\""),
                Act::Repeat(vec![b'7'; BLOCK], HUGE / BLOCK),
            ],
        ))
    }),
    reply("100 MB of small chunks", |_| {
        let chunk = [&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat();
        let head = say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        close(vec![head, Act::Repeat(chunk, HUGE / 1024)])
    }),
    reply("a body that drips", |good| {
        let bytes = good.as_bytes().to_vec();
        close(promised(
            good.len(),
            vec![Act::Drip(bytes, Duration::from_millis(40))],
        ))
    }),
    reply("a head that drips", |_| {
        close(vec![Act::Drip(
            b"HTTP/1.1 200 OK\r\nserver: slow\r\n".to_vec(),
            Duration::from_millis(40),
        )])
    }),
    // Complete, and not for us.
    reply("no body", |_| json("")),
    reply("204 No Content", |_| raw("HTTP/1.1 204 No Content\r\n\r\n")),
    reply("a login page", |_| html("200 OK")),
    reply("a login page behind 203", |_| {
        html("203 Non-Authoritative Information")
    }),
    reply("401 of a proxy", |_| html("401 Unauthorized")),
    reply("403 of a proxy", |_| html("403 Forbidden")),
    reply("404 of a proxy", |_| html("404 Not Found")),
    reply("407 of a proxy", |_| {
        html("407 Proxy Authentication Required")
    }),
    reply("451 of a proxy", |_| {
        html("451 Unavailable For Legal Reasons")
    }),
    reply("500 of a proxy", |_| html("500 Internal Server Error")),
    reply("502 of a gateway", |_| html("502 Bad Gateway")),
    reply("504 of a gateway", |_| html("504 Gateway Timeout")),
    reply("511 of a hotel", |_| {
        html("511 Network Authentication Required")
    }),
    reply("a status nobody knows", |_| html("799 Later")),
    reply("301 without a body", |_| {
        redirect("301 Moved Permanently", "")
    }),
    reply("302 with a login page", |_| {
        redirect("302 Found", LOGIN_PAGE)
    }),
    reply("307 with the good body", |good| {
        redirect("307 Temporary Redirect", good)
    }),
    reply("308 with the good body", |good| {
        redirect("308 Permanent Redirect", good)
    }),
    reply("304 Not Modified", |_| {
        raw("HTTP/1.1 304 Not Modified\r\n\r\n")
    }),
    reply("400 with the good body", |good| {
        http("400 Bad Request", "", good.as_bytes())
    }),
    reply("500 with the good body", |good| {
        http("500 Internal Server Error", "", good.as_bytes())
    }),
    // Packed although nobody asked for it; the bomb never gets its chance.
    reply("gzip", |good| {
        http(
            "200 OK",
            "content-encoding: gzip\r\n",
            &gzipped(good.as_bytes()),
        )
    }),
    reply("a gzip bomb's beginning", |_| {
        http(
            "200 OK",
            "content-encoding: gzip\r\n",
            &[
                &b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xec\xc1\x01\x01"[..],
                &[0; 4096],
            ]
            .concat(),
        )
    }),
    reply("an encoding nobody knows", |good| {
        http(
            "200 OK",
            "content-encoding: br\r\n",
            &good.bytes().rev().collect::<Vec<_>>(),
        )
    }),
    // Texts that are no JSON.
    reply("half of the text", |good| json(half(good))),
    reply("all of the text but the last brace", |good| {
        json(&good[..good.len() - 1])
    }),
    reply("the text twice", |good| json(format!("{good}{good}"))),
    reply("the text with something behind it", |good| {
        json(format!("{good}<!-- cached -->"))
    }),
    reply("a mark of byte order", |good| {
        json(format!("\u{feff}{good}"))
    }),
    reply("UTF-16", |good| {
        json(
            good.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
        )
    }),
    reply("invalid UTF-8 in a value", |good| {
        json(
            good.replacen("\"RequestId\":\"473", "\"RequestId\":\"\u{1}\u{2}\u{3}", 1)
                .into_bytes()
                .into_iter()
                .map(|b| if b < 4 { b + 0xf8 } else { b })
                .collect::<Vec<_>>(),
        )
    }),
    reply("XML", |_| {
        json("<?xml version=\"1.0\"?><Response><RequestId>R</RequestId></Response>")
    }),
    reply("a NUL in front", |good| json(format!("\0{good}"))),
    // JSON that is no reply.
    reply("null", |_| json("null")),
    reply("true", |_| json("true")),
    reply("a number", |_| json("200")),
    reply("a number out of range", |_| json("{\"RequestId\":1e999}")),
    reply("a text", |_| json("\"OK\"")),
    reply("an empty object", |_| json("{}")),
    reply("an empty list", |_| json("[]")),
    reply("a list of the good one", |good| json(format!("[{good}]"))),
    reply("a list in place of fields", |_| {
        json(r#"["473469C7","203847561928374","203.0.113.9",null]"#)
    }),
    reply("the good one under another name", |good| {
        json(format!("{{\"Data\":{good}}}"))
    }),
    reply("all names in lower case", |good| {
        json(good.to_lowercase().replace("requestid", "request_id"))
    }),
    reply("every value null", |_| {
        json(EVERY_NAME.replace('?', "null"))
    }),
    reply("every value an empty text", |_| {
        json(EVERY_NAME.replace('?', "\"\""))
    }),
    reply("every value true", |_| {
        json(EVERY_NAME.replace('?', "true"))
    }),
    reply("every value a number", |_| {
        json(EVERY_NAME.replace('?', "-1.5"))
    }),
    reply("every value a list", |_| {
        json(EVERY_NAME.replace('?', "[\"i-1\",200]"))
    }),
    reply("every value an object", |_| {
        json(EVERY_NAME.replace('?', "{\"Code\":\"200\"}"))
    }),
    reply("every field twice", |good| {
        json(format!("{},{}", &good[..good.len() - 1], &good[1..]))
    }),
    reply("deep lists", |_| json("[".repeat(200_000))),
    reply("deep objects", |_| json("{\"RequestId\":".repeat(200_000))),
    reply("a deep value", |_| {
        json(format!(
            "{{\"RequestId\":{}1{}}}",
            "[".repeat(100_000),
            "]".repeat(100_000)
        ))
    }),
];

const EVERY_NAME: &str = r#"{"RequestId":?,"AccountId":?,"Instances":?,"AvailableZones":?,"Regions":?,
    "InstanceTypes":?,"InstanceResponses":?,"OrderId":?,"IpAddress":?}"#;

/// What looks odd and is the answer.
pub(crate) const ODD_BUT_GOOD: &[Reply] = &[
    reply("as it should be", |good| json(good)),
    reply("HTTP/1.0 until the end", |good| {
        raw(format!("HTTP/1.0 200 OK\r\n\r\n{good}"))
    }),
    reply("without a content type", |good| {
        http("200 OK", "", good.as_bytes())
    }),
    reply("with a code that says that all is well", |good| {
        json(good.replacen('{', "{\"Code\":\"200\",", 1))
    }),
    reply("as text/html", |good| {
        http("200 OK", "content-type: text/html\r\n", good.as_bytes())
    }),
    reply("with fields of tomorrow", |good| {
        json(good.replacen('{', "{\"New\":[{\"a\":1}],\"Code\":null,", 1))
    }),
    reply("between blanks", |good| json(format!("\r\n  {good}\n\n"))),
    reply("in chunks of one byte", |good| {
        let chunks: String = good.chars().map(|c| format!("1\r\n{c}\r\n")).collect();
        raw(format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        ))
    }),
    reply("behind an interim reply", |good| {
        raw(format!(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{good}",
            good.len()
        ))
    }),
    reply("with another reply behind it", |good| {
        raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{good}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}",
            good.len()
        ))
    }),
];
