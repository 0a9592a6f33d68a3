//! x
mod layout;
mod path;
