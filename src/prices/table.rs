//! The operator's table of prices.
//!
//! The most specific row that fits a job and has no flag is the base; for each flag of the job the most specific row
//! with that flag is added. A flag or a video that no row prices makes the whole job unknown: it would be the dear part.
//!
//! What it does *not* do: it does not guess. What it does not price is `None`.

use std::collections::BTreeSet;

use crate::ids::TuneId;
use crate::money::Millicents;
use crate::operation::Operation;
use crate::policy::{Resolution, VideoModel};

use super::Job;

/// What a price is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// A prompt, training or inspection, however many images it has.
    Call,
    /// An image.
    Image,
    /// A second of each video.
    Second,
}

/// Which videos a row prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VideoPrice {
    /// None: it prices what is no video.
    None,
    /// Of any model.
    Any,
    /// Of this one.
    Model(String),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of this operation.
    pub operation: Operation,
    /// On this shared tune; `None`: on any, and on end users' own.
    pub model: Option<TuneId>,
    /// Where the request names this resolution; `None`: any, or none.
    pub resolution: Option<Resolution>,
    /// Of these videos, or of none.
    pub video: VideoPrice,
    /// What this flag costs more; `None`: the base.
    pub flag: Option<&'static str>,
    /// What the cost is of.
    pub per: Per,
    /// At least 1 for a base, so that no price is zero.
    pub cost_mc: Millicents,
}

impl Price {
    fn fits(&self, job: &Job, model: Asked<'_>) -> bool {
        let video = match (&self.video, model) {
            (VideoPrice::None, Asked::NoVideo) => true,
            (VideoPrice::Any, Asked::Default | Asked::Model(_)) => true,
            (VideoPrice::Model(mine), Asked::Model(asked)) => mine == asked,
            _ => false,
        };
        video
            && self.operation == job.operation
            && self.model.is_none_or(|model| job.model == Some(model))
            && self.resolution.is_none_or(|resolution| job.resolution == Some(resolution))
    }

    /// How specific it is.
    fn fixed(&self) -> u8 {
        let fixed =
            [self.model.is_some(), self.resolution.is_some(), matches!(self.video, VideoPrice::Model(_))];
        fixed.into_iter().map(u8::from).sum()
    }

    fn of(&self, job: &Job) -> Millicents {
        self.cost_mc.times(match self.per {
            Per::Call => job.count(),
            Per::Image => job.units(),
            Per::Second => job.units().saturating_mul(job.seconds()),
        })
    }
}

/// The video model that a price is asked for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    NoVideo,
    Default,
    Model(&'a str),
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct PriceTable(Vec<Price>);

impl PriceTable {
    /// Of two rows that are equally specific, the later wins.
    pub const fn new(rows: Vec<Price>) -> Self {
        Self(rows)
    }

    /// What a job costs; `None`: no row prices it, or not all of it. Saturates.
    pub fn estimate(&self, job: &Job) -> Option<Millicents> {
        let Some(video) = &job.video else { return self.with(job, Asked::NoVideo) };
        if video.models.is_empty() {
            return self.with(job, Asked::Default);
        }
        // Which of several counts is Astria's to say: the dearest is held.
        let costs = video.models.iter().map(|model| match model {
            VideoModel::Named(name) => self.with(job, Asked::Model(name)),
            VideoModel::Unclear => self.dearest(job),
        });
        costs.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// Of whichever video model costs most.
    fn dearest(&self, job: &Job) -> Option<Millicents> {
        let named: BTreeSet<&str> = self
            .0
            .iter()
            .filter_map(|row| match &row.video {
                VideoPrice::Model(name) => Some(name.as_str()),
                VideoPrice::None | VideoPrice::Any => None,
            })
            .collect();
        let asked = named.into_iter().map(Asked::Model).chain([Asked::Default]);
        asked.filter_map(|model| self.with(job, model)).max()
    }

    fn with(&self, job: &Job, model: Asked<'_>) -> Option<Millicents> {
        let best = |flag: Option<&str>| {
            let rows = self.0.iter().filter(|row| row.flag == flag && row.fits(job, model));
            // The last of those that are equal.
            rows.max_by_key(|row| row.fixed()).map(|row| row.of(job).0)
        };
        let base = best(None)?;
        let more = job.flags.iter().map(|flag| best(Some(flag)));
        more.into_iter().try_fold(base, |sum, more| Some(sum.saturating_add(more?))).map(Millicents)
    }
}
