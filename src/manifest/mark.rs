//! Where something was written, small enough to keep with every value.

/// A place in one of the sources. Lines and columns count from 1, in characters; offsets in bytes.
///
/// Thirty-two bits do, since a source holds at most 64 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) file: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Mark {
    /// The file as a whole, for findings that no line can be shown for.
    pub(super) fn file(file: u32) -> Self {
        Self {
            file,
            line: 0,
            column: 0,
            start: 0,
            end: 0,
        }
    }

    /// The first character of the file.
    pub(super) fn top(file: u32) -> Self {
        Self {
            line: 1,
            column: 1,
            ..Self::file(file)
        }
    }
}

/// A value with the place it was written at.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) mark: Mark,
}

/// One key of the manifest after decoding.
///
/// A broken value is not an unwritten one: its own finding is enough, so no rule about missing or
/// clashing values may speak up because of it.
#[derive(Debug, Clone, Default)]
pub(super) enum Slot<T> {
    /// The key is not there.
    #[default]
    Unwritten,
    /// The key is there, its value was refused.
    Broken,
    /// The key is there and its value is good.
    Written(At<T>),
}

impl<T> Slot<T> {
    /// The good value, if there is one.
    pub(super) fn get(&self) -> Option<&At<T>> {
        match self {
            Self::Unwritten | Self::Broken => None,
            Self::Written(at) => Some(at),
        }
    }

    /// Whether the key is not there at all.
    pub(super) fn is_unwritten(&self) -> bool {
        match self {
            Self::Unwritten => true,
            Self::Broken | Self::Written(_) => false,
        }
    }
}

impl<T: Clone> Slot<T> {
    /// The bare value, if there is a good one.
    pub(super) fn value(&self) -> Option<T> {
        self.get().map(|at| at.value.clone())
    }

    /// This, or where nothing is written, what the outer level says.
    pub(super) fn over(&self, outer: &Self) -> Self {
        if self.is_unwritten() {
            outer.clone()
        } else {
            self.clone()
        }
    }
}
