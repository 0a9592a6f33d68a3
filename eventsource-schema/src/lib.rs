//! x
#![allow(missing_docs, dead_code)]
mod layout;
mod learn;
mod path;
