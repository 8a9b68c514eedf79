//! Bodies in flight share one budget of memory; uploads that are too large for it go through the disk.

mod budget;
mod kinds;
mod per_user;
mod spooled;
