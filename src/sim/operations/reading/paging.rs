//! Pages: how long one is, and where the next one begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;

/// A page that begins after a name.
pub(crate) struct Page {
    pub(crate) size: usize,
    pub(crate) after: Option<String>,
}

/// The largest page of the operations used here.
const PAGE_MAX: i64 = 100;
/// The page that is given when none is asked for, and the smallest there is.
const PAGE_DEFAULT: i64 = 10;

impl Page {
    /// MaxResults below 10 means 10, above 100 means 100; NextToken says where to go on.
    pub(crate) fn forward(params: &Params) -> Result<Self, Refusal> {
        let asked = params.integer("MaxResults")?.unwrap_or(PAGE_DEFAULT);
        let size = asked.clamp(PAGE_DEFAULT, PAGE_MAX);
        let after = params.get("NextToken").map(read_token).transpose()?;
        Ok(Self {
            size: usize::try_from(size).expect("clamped to a small positive number"),
            after,
        })
    }
}

/// A page counted from the first one: how many entries to skip, and how many to show.
pub(crate) struct Numbered {
    pub(crate) number: i64,
    pub(crate) size: i64,
}

impl Numbered {
    /// PageNumber from 1 and PageSize up to `most`, 10 when left out.
    pub(crate) fn read(params: &Params, most: i64) -> Result<Self, Refusal> {
        let number = params.integer("PageNumber")?.unwrap_or(1);
        let size = params.integer("PageSize")?.unwrap_or(PAGE_DEFAULT);
        if number < 1 {
            return Err(Refusal::invalid("PageNumber", "is below 1"));
        }
        if !(1..=most).contains(&size) {
            return Err(Refusal::invalid("PageSize", "is out of range"));
        }
        Ok(Self { number, size })
    }

    pub(crate) fn skip(&self) -> usize {
        let skipped = (self.number - 1).saturating_mul(self.size);
        usize::try_from(skipped).unwrap_or(usize::MAX)
    }

    pub(crate) fn take(&self) -> usize {
        usize::try_from(self.size).unwrap_or(0)
    }
}

/// Marks our own tokens, so that another string is told from a token.
const MARK: &str = "after:";

/// A token after which a listing goes on.
pub(crate) fn continue_after(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{MARK}{name}"))
}

fn read_token(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.as_deref()
        .and_then(|text| text.strip_prefix(MARK))
        .map(str::to_owned)
        .ok_or_else(|| Refusal::invalid("NextToken", "was not given out here"))
}
