//! Events outlive the code: what is stored becomes what is written today.

pub(crate) mod chain;
pub(crate) mod decode;
pub(crate) mod shape;
pub(crate) mod unknown;
pub(crate) mod upcast;
