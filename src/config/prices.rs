//! The rows of `[[prices]]` as `prices` reads them, and what is wrong with them.

use super::sections::PricePer;
use super::{Config, Price};
use crate::ids::TuneId;
use crate::policy::{Resolution, VideoModel, find_flag};
use crate::prices::{self, Per, PriceTable, VideoPrice};

/// US $10 000: more is a slip of a finger.
const MAX_COST_MC: u64 = 1_000_000_000;

impl Config {
    /// The operator's table of prices.
    pub fn price_table(&self) -> PriceTable {
        // Validation has refused every other row.
        PriceTable::new(self.prices.iter().filter_map(|row| read(self, row).ok()).collect())
    }
}

/// Appends everything that makes no sense.
pub(super) fn check(config: &Config, wrong: &mut impl FnMut(&str, String)) {
    for (i, row) in config.prices.iter().enumerate() {
        for (member, message) in read(config, row).err().into_iter().flatten() {
            wrong(&format!("prices[{i}].{member}"), message);
        }
    }
}

fn read(config: &Config, row: &Price) -> Result<prices::Price, Vec<(&'static str, String)>> {
    let mut wrong = Vec::new();
    if !row.operation.creates_cost() {
        wrong.push(("operation", format!("{} costs nothing", row.operation)));
    }
    let model = TuneId::parse(&row.model).or_else(|| {
        let alias = row.model.strip_prefix('@').unwrap_or(&row.model);
        config.upstream.models.get(alias).copied().map(TuneId::from_u64)
    });
    if model.is_none() && !row.model.is_empty() {
        wrong.push(("model", format!("{:?} is neither an id nor of upstream.models", row.model)));
    }
    let resolution = Resolution::parse(&row.resolution);
    if resolution.is_none() && !row.resolution.is_empty() {
        wrong.push(("resolution", "must be \"1K\", \"2K\" or \"4K\"".to_owned()));
    }
    let video = match row.video_model.as_str() {
        "" => VideoPrice::None,
        "*" => VideoPrice::Any,
        name => match VideoModel::read(name) {
            VideoModel::Named(name) => VideoPrice::Model(name),
            VideoModel::Unclear => {
                wrong.push(("video_model", "must be \"*\" or a name of a-z, 0-9, _, . and -".to_owned()));
                VideoPrice::None
            }
        },
    };
    let flag = find_flag(&row.flag);
    if flag.is_none() && !row.flag.is_empty() {
        wrong.push(("flag", format!("{:?} is no parameter that needs permission", row.flag)));
    }
    let per = match row.per {
        PricePer::Call => Per::Call,
        PricePer::Image => Per::Image,
        PricePer::Second => Per::Second,
    };
    if per == Per::Second && row.video_model.is_empty() {
        wrong.push(("per", "\"second\" needs a video_model: only videos last".to_owned()));
    }
    // A flag may cost nothing more.
    let least = u64::from(row.flag.is_empty());
    if !(least..=MAX_COST_MC).contains(&row.cost_mc.0) {
        wrong.push(("cost_mc", format!("must be {least} to {MAX_COST_MC}")));
    }
    if wrong.is_empty() {
        let (operation, cost_mc) = (row.operation, row.cost_mc);
        return Ok(prices::Price { operation, model, resolution, video, flag, per, cost_mc });
    }
    Err(wrong)
}
