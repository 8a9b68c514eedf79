//! A whole body in memory, counted before it is read.
//!
//! The announced size is taken from the budget and allocated at once, so that ten megabytes are not copied each time
//! they outgrow their place; a body that came in one piece is not copied at all.

use bytes::{Bytes, BytesMut};
use http_body::Body;

use super::{Budget, Inflow, IntakeError, Pace, Share};

/// A whole body and its place in the budget. Keep the share for as long as any of the bytes live.
#[derive(Debug)]
pub struct Collected {
    /// Everything that came.
    pub bytes: Bytes,
    /// At least as much as `bytes` takes.
    pub share: Share,
}

/// Reads a body of at most `max_bytes`, which counts for the end user with the mark `user`. Hand it `&mut body` to have the rest after a refusal.
///
/// Cancel safe in the sense that nothing was sent anywhere and the share is given back.
///
/// # Errors
/// Every [`IntakeError`] but `Spool`; `TooLarge`, `BudgetFull` and `UserBudgetFull` before a byte is read, where the
/// size is announced.
pub async fn collect<B: Body<Data = Bytes> + Unpin>(
    body: B,
    max_bytes: u64,
    pace: Pace,
    budget: &Budget,
    user: u64,
) -> Result<Collected, IntakeError> {
    let mut inflow = Inflow::new(body, max_bytes, pace)?;
    let announced = inflow.announced_bytes();
    let mut share = budget.take_for(user, announced.unwrap_or(0))?;
    let Some(first) = inflow.next().await? else { return Ok(Collected { bytes: Bytes::new(), share }) };
    grow_to(&mut share, first.len())?;
    if inflow.announced_bytes() == Some(0) {
        // The last of an announced body; what is still read is its end.
        while inflow.next().await?.is_some() {}
        return Ok(Collected { bytes: first, share });
    }
    let Some(second) = inflow.next().await? else { return Ok(Collected { bytes: first, share }) };
    let mut whole = BytesMut::new();
    let room = announced.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0);
    make_room(&mut whole, &mut share, room.max(first.len() + second.len()), max_bytes)?;
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    // They may hold the connection's buffer.
    drop((first, second));
    while let Some(piece) = inflow.next().await? {
        let needed = whole.len() + piece.len();
        make_room(&mut whole, &mut share, needed, max_bytes)?;
        whole.extend_from_slice(&piece);
    }
    Ok(Collected { bytes: whole.freeze(), share })
}

/// Room for `needed` bytes, doubled where it was not announced, and paid for before it is used.
fn make_room(
    whole: &mut BytesMut,
    share: &mut Share,
    needed: usize,
    max_bytes: u64,
) -> Result<(), IntakeError> {
    if needed <= whole.capacity() {
        return Ok(());
    }
    let doubled = whole.capacity().saturating_mul(2).min(usize::try_from(max_bytes).unwrap_or(usize::MAX));
    let room = needed.max(doubled);
    grow_to(share, room)?;
    whole.reserve(room - whole.len());
    Ok(())
}

fn grow_to(share: &mut Share, bytes: usize) -> Result<(), IntakeError> {
    Ok(share.grow((bytes as u64).saturating_sub(share.bytes()))?)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    const PACE: Pace =
        Pace { min_bytes_per_s: 1, grace: Duration::from_secs(5), timeout: Duration::from_secs(60) };

    fn pieces(sizes: &[usize]) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        let frames: Vec<_> =
            sizes.iter().map(|size| Ok(Frame::data(Bytes::from(vec![b'x'; *size])))).collect();
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn a_body_is_whole_and_paid_for_until_its_share_is_dropped() {
        for sizes in [vec![], vec![0], vec![5], vec![5, 0, 7], vec![1; 100], vec![1, 60, 39]] {
            let budget = Budget::new(1000);
            let collected = collect(pieces(&sizes), 100, PACE, &budget, 1).await.unwrap();
            assert_eq!(collected.bytes.len(), sizes.iter().sum::<usize>(), "{sizes:?}");
            assert!(budget.used_bytes() >= collected.bytes.len() as u64, "{sizes:?}");
            assert!(budget.used_bytes() <= 200, "{sizes:?}: {}", budget.used_bytes());
            drop(collected);
            assert_eq!(budget.used_bytes(), 0, "{sizes:?}");
        }
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_not_copied() {
        let body = Bytes::from(vec![b'x'; 50]);
        let collected = collect(Full::new(body.clone()), 100, PACE, &Budget::new(50), 1).await.unwrap();
        assert_eq!(collected.bytes.as_ptr(), body.as_ptr());
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_or_too_much_is_refused_and_costs_nothing() {
        let budget = Budget::new(80);
        let too_large = IntakeError::TooLarge { max_bytes: 100 };
        for (sizes, expected) in
            [(vec![101], too_large), (vec![50, 51], too_large), (vec![50, 40], IntakeError::BudgetFull)]
        {
            assert_eq!(collect(pieces(&sizes), 100, PACE, &budget, 1).await.unwrap_err(), expected);
            assert_eq!(budget.used_bytes(), 0);
        }
        let announced = Full::new(Bytes::from(vec![b'x'; 81]));
        assert_eq!(collect(announced, 100, PACE, &budget, 1).await.unwrap_err(), IntakeError::BudgetFull);
    }
}
