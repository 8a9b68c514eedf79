//! Admits the photos of a spooled upload, one at a time.
//!
//! The readers want a photo in one piece, so each comes into memory for the moment of its judgement, and its place
//! there is taken from the budget. What was blanked is written back; photos without a position are only read.

use crate::intake::{Budget, IntakeError};
use crate::params::{Content, Params, UNJUDGED_TYPE};

use super::{PhotoError, PhotoRules, admit};

/// Why a spooled upload's photos are not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpooledPhotoError {
    /// One of them is refused.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// It could not be looked at.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

/// Judges every spooled file of a tree by its header, blanks its position in place, and names its type.
///
/// Not cancel safe: a dropped call may leave some photos blanked and others not.
///
/// # Errors
/// The first [`PhotoError`]; [`IntakeError::BudgetFull`] and `Spool`.
pub async fn admit_spooled(
    params: &mut Params,
    rules: &PhotoRules,
    budget: &Budget,
) -> Result<(), SpooledPhotoError> {
    for upload in params.files_mut() {
        let Content::Spooled(file) = &upload.content else { continue };
        if upload.content_type != UNJUDGED_TYPE {
            continue;
        }
        let _share = budget.take(file.size_bytes()).map_err(IntakeError::from)?;
        let rules = rules.clone();
        let judging = file.edit(move |bytes| match admit(bytes, &rules) {
            Ok(photo) => (Ok(photo.kind), photo.position_blanked.then_some(photo.bytes)),
            Err(error) => (Err(error), None),
        });
        let kind = judging.await.map_err(IntakeError::from)??;
        upload.content_type = kind.content_type();
        upload.file_name = kind.file_name();
    }
    Ok(())
}
