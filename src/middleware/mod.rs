//! The HTTP edge, one step a file. `stack.rs` alone calls them, in order; handlers call `read_body`.

pub mod access_log;
pub mod authenticate;
pub mod body_limit;
pub mod callback_gate;
pub mod canonical_path;
pub mod catch_panic;
pub mod client_ip;
pub mod cors;
pub mod credentials;
pub mod csrf;
pub mod host;
pub mod image_gate;
pub mod ip_limit;
pub mod limit_headers;
pub mod operator_gate;
pub mod overload;
pub mod read_body;
pub mod read_params;
pub mod request_id;
pub mod session_gate;
pub mod ticket_gate;
pub mod trace_context;
pub mod user_limit;
