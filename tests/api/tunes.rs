//! Tunes: made with many photos, named by their owner, shared by the operator, or free.

mod sandbox;
mod shared;
mod titles;
mod uploads;
