//! The machine around the program: the files of credentials, and the programs that print some.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::aliyun::{FileText, Host, Readers};

/// The permission bits that let somebody else read a file.
const OTHERS_READ: u32 = 0o044;

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

#[async_trait(?Send)]
impl Host for Machine {
    fn read(&self, path: &Path, bytes_max: u64) -> Result<Option<FileText>, String> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let meta = file.metadata().map_err(|error| error.to_string())?;
        if !meta.is_file() {
            return Err("it is not a file".to_owned());
        }
        let mode = meta.mode() & 0o777;
        Ok(Some(FileText {
            text: read_text(file, bytes_max)?,
            readers: if mode & OTHERS_READ == 0 {
                Readers::Owner
            } else {
                Readers::Others(mode)
            },
        }))
    }

    async fn run(
        &self,
        words: &[String],
        within: Duration,
        bytes_max: u64,
    ) -> Result<Zeroizing<Vec<u8>>, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("there is nothing to run".to_owned());
        };
        // What it says on stderr is its own talk with the person at the terminal.
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        let printed = tokio::time::timeout(within, printed(child, bytes_max)).await;
        printed.map_err(|_| format!("it took longer than {} s", within.as_secs()))?
    }
}

fn read_text(file: File, bytes_max: u64) -> Result<SecretString, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > bytes_max {
        return Err(format!("it is larger than {bytes_max} bytes"));
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err("it is not UTF-8 text".to_owned())
        }
    }
}

/// Everything it prints, if it ends well.
async fn printed(mut child: Child, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut output = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(bytes_max + 1).read_to_end(&mut output).await;
        read.map_err(|error| error.to_string())?;
    }
    if output.len() as u64 > bytes_max {
        return Err(format!("it printed more than {bytes_max} bytes"));
    }
    match child.wait().await {
        Ok(status) if status.success() => Ok(output),
        Ok(status) => Err(format!("it failed ({status})")),
        Err(error) => Err(error.to_string()),
    }
}
