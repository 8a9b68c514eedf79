//! The upstream, imitated.
