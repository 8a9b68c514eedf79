//! Static keys with which the operator's own people and tools use the operator's API.
//!
//! They are made as service keys are (`astria-gateway new-service-key`), and config holds their hashes only. A token
//! has a name, so that what was done can be told apart by who did it.
//!
//! What it does *not* do: it knows no headers, and no token may do less than another.

use std::fmt;
use std::sync::Arc;

use super::key_hashes::{KeyHashes, hash_of_hex, is_key_name};
use super::service_keys::MAX_SERVICE_KEY_HASHES;

/// Who of the operator's side is calling, proven: the name of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorName(Arc<str>);

impl OperatorName {
    /// As config spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with one token's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorTokenFault {
    /// The name is empty, too long, or has other characters than letters, digits, - and _.
    #[error("the name must be 1 to 64 letters, digits, - and _")]
    Name,
    /// There is no hash, or one is not 64 hexadecimal digits.
    #[error("sha256 must hold at least one hash of 64 hexadecimal digits")]
    Hash,
    /// A hash stands twice, here or in another token.
    #[error("a hash stands twice")]
    HashDouble,
    /// All tokens together have more than 64.
    #[error("all operator tokens together may have 64 hashes")]
    TooManyHashes,
}

/// All tokens that config knows.
#[derive(Debug, Default)]
pub struct OperatorTokens(KeyHashes<OperatorName>);

impl OperatorTokens {
    /// Names and hashes in hex; several hashes a name make a rotation.
    ///
    /// # Errors
    /// The first fault, with its token's place in the list.
    pub fn new<'a>(
        tokens: impl IntoIterator<Item = (&'a str, &'a [String])>,
    ) -> Result<Self, (usize, OperatorTokenFault)> {
        let mut known = KeyHashes::default();
        for (index, (name, hashes)) in tokens.into_iter().enumerate() {
            let fault = |fault| (index, fault);
            if !is_key_name(name) {
                return Err(fault(OperatorTokenFault::Name));
            }
            if hashes.is_empty() {
                return Err(fault(OperatorTokenFault::Hash));
            }
            let name = OperatorName(name.into());
            for hash in hashes {
                let hash = hash_of_hex(hash).ok_or(fault(OperatorTokenFault::Hash))?;
                if !known.add(hash, name.clone()) {
                    return Err(fault(OperatorTokenFault::HashDouble));
                }
            }
            if known.len() > MAX_SERVICE_KEY_HASHES {
                return Err(fault(OperatorTokenFault::TooManyHashes));
            }
        }
        Ok(Self(known))
    }

    /// Whether there is none: then the operator's API is not there.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Whose token this is.
    pub fn find(&self, text: &str) -> Option<&OperatorName> {
        self.0.find(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::new_service_key;
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_tells_whose_it_is() {
        let ((old, old_hash), (new, new_hash)) = (new_service_key().unwrap(), new_service_key().unwrap());
        let (other, other_hash) = new_service_key().unwrap();
        let (support, billing) = ([old_hash, new_hash], [other_hash.to_uppercase()]);
        let tokens = OperatorTokens::new([("support", &support[..]), ("billing", &billing[..])]).unwrap();
        let name = |text: &str| tokens.find(text).map(OperatorName::as_str);
        assert_eq!(
            (name(&old), name(&new), name(&other)),
            (Some("support"), Some("support"), Some("billing"))
        );
        for wrong in [&old[..old.len() - 1], "agk_", "", &support[0]] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
        assert!(OperatorTokens::default().is_empty() && !tokens.is_empty());
    }

    #[test]
    fn tokens_that_cannot_be_are_refused_with_their_place() {
        let hash = [new_service_key().unwrap().1];
        let fault =
            |name, hashes: &[String]| OperatorTokens::new([("ok", &hash[..]), (name, hashes)]).unwrap_err();
        let fresh = || [new_service_key().unwrap().1];
        assert_eq!(fault("with space", &fresh()), (1, OperatorTokenFault::Name));
        assert_eq!(fault("", &fresh()), (1, OperatorTokenFault::Name));
        assert_eq!(fault("b", &[]), (1, OperatorTokenFault::Hash));
        assert_eq!(fault("b", &["00".into()]), (1, OperatorTokenFault::Hash));
        assert_eq!(fault("b", &hash), (1, OperatorTokenFault::HashDouble));
    }
}
