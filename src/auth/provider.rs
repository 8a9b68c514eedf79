//! Chooses the one crypto library before the first token is verified.
//!
//! jsonwebtoken decides on its provider at the first verification; if a dependency ever switches on its
//! second provider too, that moment panics. An explicit choice at start cannot.

/// Makes aws-lc-rs the crypto provider of jsonwebtoken. Call it first thing in `main` and in tests;
/// further calls do nothing.
///
/// TLS needs no call: only one provider of rustls is compiled in, and rustls then takes that one.
pub fn install_crypto_provider() {
    // An error says that a provider is installed already, which is what we want.
    let _already_installed = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}
