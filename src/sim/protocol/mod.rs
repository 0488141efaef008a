//! What goes over the wire: a request comes in, a reply goes out, and how both are written.
//!
//! In: a request as either door took it. Out: its parameters, and answers or refusals put into the form the
//! other side reads, JSON or XML. Nothing here knows an operation, a machine or who is asking.

pub(crate) mod reply;
pub(crate) mod request;
mod xml;
pub(crate) mod letter;
