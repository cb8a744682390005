//! From an agreed secret to keys.

pub(crate) mod hkdf13;
pub(crate) mod prf12;
