//! Durations on the command line: `30s`, `5m`, `1h`.

use std::time::Duration;

/// Longest duration an option takes.
const DURATION_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// Reads one.
///
/// # Errors
/// What to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "write a duration like `30s`, `5m` or `1h`".to_owned())?;
    match Duration::try_from(span) {
        Ok(duration) if duration <= DURATION_MAX => Ok(duration),
        Ok(_) | Err(_) => Err("from 0s to 7 days".to_owned()),
    }
}
