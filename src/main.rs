//! The command `astria-gateway`.
fn main() {}
