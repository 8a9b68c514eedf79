//! What is counted, and how much of it one call takes.
//!
//! A call may take several measures at once (four images and their price), and they are held together or
//! not at all.
//!
//! What it does *not* do: it does not know where an amount came from.

use serde::{Deserialize, Serialize};

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Generated images.
    Images,
    /// Trainings.
    Tunes,
    /// Image inspections.
    Inspections,
    /// Generated videos.
    Videos,
    /// Money, in millicents: 100 000 = US $1.
    CostMc,
    /// Prompts, however many images each has.
    Prompts,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 6] =
        [Self::Images, Self::Tunes, Self::Inspections, Self::Videos, Self::CostMc, Self::Prompts];

    /// The name in config, replies and metrics: snake_case, stable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Tunes => "tunes",
            Self::Inspections => "inspections",
            Self::Videos => "videos",
            Self::CostMc => "cost_mc",
            Self::Prompts => "prompts",
        }
    }
}

/// How much of each measure: zero where nothing was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts([u64; Measure::ALL.len()]);

impl Amounts {
    /// Nothing of anything.
    pub const fn none() -> Self {
        Self([0; Measure::ALL.len()])
    }

    /// The same, with `amount` of `of`.
    #[must_use]
    pub fn with(mut self, of: Measure, amount: u64) -> Self {
        if let Some(slot) = self.0.get_mut(of as usize) {
            *slot = amount;
        }
        self
    }

    /// How much of `of`.
    pub fn get(&self, of: Measure) -> u64 {
        self.0.get(of as usize).copied().unwrap_or(0)
    }

    /// The measures that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Measure, u64)> {
        Measure::ALL.into_iter().zip(self.0).filter(|(_, amount)| *amount > 0)
    }

    /// Each measure by a function of it.
    pub fn of(amount: impl Fn(Measure) -> u64) -> Self {
        Self(Measure::ALL.map(amount))
    }

    /// Both together; saturates.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self::of(|of| self.get(of).saturating_add(other.get(of)))
    }

    /// What is left without `other`: never less than nothing.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self::of(|of| self.get(of).saturating_sub(other.get(of)))
    }

    /// The smaller of both, of each measure.
    #[must_use]
    pub fn at_most(&self, other: &Self) -> Self {
        Self::of(|of| self.get(of).min(other.get(of)))
    }

    /// Nothing of anything.
    pub fn is_none(&self) -> bool {
        self.0.iter().all(|amount| *amount == 0)
    }

    /// Whether some measure is larger than in `other`: what was really spent overran what was reserved.
    pub fn exceeds(&self, other: &Self) -> bool {
        self.iter().any(|(of, amount)| amount > other.get(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_own_place() {
        for (n, of) in (1..).zip(Measure::ALL) {
            let amounts = Amounts::none().with(of, n);
            assert_eq!(amounts.iter().collect::<Vec<_>>(), [(of, n)]);
            assert_eq!(serde_json::to_value(of).unwrap(), of.name());
        }
    }

    #[test]
    fn an_overrun_is_more_of_any_measure() {
        let reserved = Amounts::none().with(Measure::Images, 4).with(Measure::CostMc, 100);
        assert!(!reserved.exceeds(&reserved));
        assert!(reserved.with(Measure::CostMc, 101).with(Measure::Images, 0).exceeds(&reserved));
        assert!(Amounts::none().with(Measure::Videos, 1).exceeds(&reserved));
    }
}
