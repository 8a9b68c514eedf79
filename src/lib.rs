//! astria-gateway: a backend-for-frontend between an app and the Astria image API.

// vocabulary
pub mod clock;
pub mod ids;
pub mod money;
pub mod operation;
pub mod principal;
pub mod secret;
