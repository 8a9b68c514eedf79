//! What a store tells about its work; telemetry counts it.

use std::time::Duration;

/// See the module. Called on the way of requests: must be quick.
pub trait Observer: Send + Sync + 'static {
    /// A command was answered: `done`, `refused` (erasing, conflict) or `failed`.
    fn command(&self, command: &'static str, outcome: &'static str);
    /// A look-up was answered: `done` or `failed`.
    fn lookup(&self, lookup: &'static str, outcome: &'static str);
    /// More was made than was reserved: it is booked in full.
    fn overrun(&self);
    /// So many commands were written with one commit, which took so long.
    fn committed(&self, commands: usize, took: Duration);
}

/// Counts nothing.
impl Observer for () {
    fn command(&self, _: &'static str, _: &'static str) {}
    fn lookup(&self, _: &'static str, _: &'static str) {}
    fn overrun(&self) {}
    fn committed(&self, _: usize, _: Duration) {}
}
