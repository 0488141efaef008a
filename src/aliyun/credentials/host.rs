//! The machine around the program, as far as credentials need it: files and other programs.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

/// The text of a file, and who else may read it.
pub struct FileText {
    /// The text.
    pub text: SecretString,
    /// Who may read the file.
    pub readers: Readers,
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Somebody else as well; with the file's mode.
    Others(u32),
}

/// Files and programs of this machine. The command line gives the real one.
#[async_trait(?Send)]
pub trait Host {
    /// The whole text of a file; none when it does not exist.
    ///
    /// # Errors
    /// Why it cannot be read, without any of its text: no permission, not a file, larger than
    /// `bytes_max`, not UTF-8.
    fn read(&self, path: &Path, bytes_max: u64) -> Result<Option<FileText>, String>;

    /// What a program writes to its standard output. It is started without a shell, gets no input, and
    /// is ended when it takes longer.
    ///
    /// # Errors
    /// Why there is no output, without any of it: not found, failed, too slow, more than `bytes_max`.
    async fn run(
        &self,
        words: &[String],
        within: Duration,
        bytes_max: u64,
    ) -> Result<Zeroizing<Vec<u8>>, String>;
}
