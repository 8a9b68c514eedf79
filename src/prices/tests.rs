use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::ids::TuneId;
use crate::operation::Operation;
use crate::policy::{Priced, Resolution, Video, VideoModel};

const UNKNOWN_MC: u64 = 10_000;

fn account() -> AccountKey {
    AccountKey::new("upstream/7")
}

fn base(cost_mc: u64) -> Price {
    Price {
        operation: Operation::CreatePrompt,
        model: None,
        resolution: None,
        video: VideoPrice::None,
        flag: None,
        per: Per::Image,
        cost_mc: Millicents(cost_mc),
    }
}

fn priced(images: u32) -> Priced {
    Priced { images, ..Priced::default() }
}

fn filmed(models: &[&str], duration_s: Option<u32>) -> Priced {
    let models = models.iter().map(|name| VideoModel::read(name)).collect();
    Priced { video: Some(Video { models, duration_s }), ..priced(1) }
}

fn flagged(flags: &[&'static str]) -> Priced {
    Priced { flags: flags.iter().copied().collect(), ..priced(1) }
}

fn job(priced: &Priced) -> Job {
    Job::prompt(Operation::CreatePrompt, Some(TuneId::from_u64(7)), priced)
}

fn training() -> Job {
    Job::new(Operation::CreateTune, None, BTreeSet::new())
}

fn prices(rows: Vec<Price>) -> Prices {
    Prices::new(PriceTable::new(rows), LastCosts::default(), Millicents(UNKNOWN_MC))
}

fn of_table(rows: &[Price], job: &Job) -> Option<u64> {
    PriceTable::new(rows.to_vec()).estimate(job).map(|cost| cost.0)
}

#[test]
fn the_most_specific_row_counts_and_the_later_of_equals() {
    let on = |id| Some(TuneId::from_u64(id));
    let rows = [
        Price { model: on(7), resolution: Some(Resolution::FourK), ..base(40) },
        Price { model: on(7), ..base(20) },
        Price { resolution: Some(Resolution::FourK), ..base(30) },
        base(9),
        base(10),
        Price { operation: Operation::CreateTheme, ..base(99) },
    ];
    let at = |resolution| Priced { resolution, ..priced(2) };
    assert_eq!(of_table(&rows, &job(&at(None))), Some(40));
    assert_eq!(of_table(&rows, &job(&at(Some(Resolution::FourK)))), Some(80));
    let own = |priced: &Priced| Job::prompt(Operation::CreatePrompt, None, priced);
    assert_eq!(of_table(&rows, &own(&at(None))), Some(20));
    assert_eq!(of_table(&rows, &own(&at(Some(Resolution::FourK)))), Some(60));
    assert_eq!(of_table(&rows, &training()), None);
}

#[test]
fn a_price_is_of_a_call_an_image_or_a_second() {
    let per = |per, video| Price { per, video, ..base(100) };
    let three = job(&priced(3)).times(2);
    assert_eq!(of_table(&[per(Per::Call, VideoPrice::None)], &three), Some(200));
    assert_eq!(of_table(&[per(Per::Image, VideoPrice::None)], &three), Some(600));
    let seconds = [per(Per::Second, VideoPrice::Any)];
    let five = Priced { images: 2, ..filmed(&["kling"], Some(5)) };
    assert_eq!(of_table(&seconds, &job(&five)), Some(1_000));
    assert_eq!(of_table(&seconds, &job(&filmed(&[], None))), Some(1_500), "as long as one may be");
}

#[test]
fn l_02_a_video_or_a_flag_that_no_row_prices_makes_the_whole_unknown() {
    let rows = [base(10), Price { flag: Some("upscale_v4"), ..base(5) }];
    assert_eq!(of_table(&rows, &job(&filmed(&["kling"], None))), None);
    assert_eq!(of_table(&rows, &job(&flagged(&["upscale_v4"]))), Some(15));
    assert_eq!(of_table(&rows, &job(&flagged(&["upscale_v4", "multi"]))), None);
    // What a flag costs more of an image says nothing of a video.
    let rows = [&rows[..], &[Price { video: VideoPrice::Any, ..base(1_000) }]].concat();
    assert_eq!(of_table(&rows, &job(&filmed(&["kling"], None))), Some(1_000));
    let both = Priced { flags: BTreeSet::from(["upscale_v4"]), ..filmed(&[], None) };
    assert_eq!(of_table(&rows, &job(&both)), None);
}

#[test]
fn of_several_or_unclear_video_models_the_dearest_is_held() {
    let video = |video, cost_mc| Price { video, ..base(cost_mc) };
    let named = |name: &str, cost_mc| video(VideoPrice::Model(name.into()), cost_mc);
    let rows = [video(VideoPrice::Any, 50), named("cheap", 5), named("dear", 500)];
    for (models, cost_mc) in [
        (&[][..], 50),
        (&["cheap"], 5),
        (&["other"], 50),
        (&["cheap", "dear"], 500),
        (&["cheap", "other"], 50),
        (&["Not a name"], 500),
    ] {
        assert_eq!(of_table(&rows, &job(&filmed(models, None))), Some(cost_mc), "{models:?}");
    }
    assert_eq!(of_table(&rows[1..], &job(&filmed(&["cheap", "other"], None))), None);
    assert_eq!(of_table(&rows[1..], &job(&filmed(&["Not a name"], None))), Some(500));
}

#[test]
fn what_the_table_does_not_price_costs_what_it_last_cost_and_else_the_default() {
    let prices = prices(Vec::new());
    let jobs = [job(&priced(3))];
    let estimate = |jobs: &[Job]| prices.estimate(&account(), jobs, None, false).0;
    assert_eq!(estimate(&jobs), 3 * UNKNOWN_MC);
    assert_eq!(estimate(&[training()]), UNKNOWN_MC);
    assert_eq!(estimate(&[]), UNKNOWN_MC);

    let learned = prices.learn(&account(), &jobs, Millicents(10)).unwrap();

    assert_eq!(learned.each_mc, Millicents(4), "rounded up");
    assert_eq!(estimate(&jobs), 12);
    assert_eq!(estimate(&[job(&priced(1)), training()]), 4 + UNKNOWN_MC);
    assert_eq!(prices.learn(&account(), &jobs, Millicents(12)), None, "that is no news");
    let elsewhere = AccountKey::new("acme/8");
    assert_eq!(prices.estimate(&elsewhere, &jobs, None, false).0, 3 * UNKNOWN_MC);
    // Kept and handed in again.
    let last = LastCosts::with([(elsewhere.clone(), learned.kind, learned.each_mc)]);
    assert_eq!(last.find(&elsewhere, &jobs[0].kind()), Some(Millicents(4)));
}

#[test]
fn nothing_is_learned_from_what_was_free_or_of_several_kinds() {
    let prices = prices(Vec::new());
    let film = job(&filmed(&["kling"], Some(5)));
    assert_eq!(prices.learn(&account(), &[film], Millicents(0)), None);
    assert_eq!(prices.learn(&account(), &[], Millicents(5)), None);
    assert_eq!(prices.learn(&account(), &[training(), job(&priced(1))], Millicents(5)), None);
    let two = [job(&priced(1)), job(&priced(3))];
    assert_eq!(prices.learn(&account(), &two, Millicents(8)).map(|learned| learned.each_mc.0), Some(2));
}

#[test]
fn a_kind_is_short_and_differs_in_whatever_enters_a_price() {
    let kinds = [
        job(&priced(1)),
        job(&Priced { resolution: Some(Resolution::TwoK), ..priced(1) }),
        job(&flagged(&["upscale_v4"])),
        job(&flagged(&["multi", "upscale_v4"])),
        job(&filmed(&[], None)),
        job(&filmed(&["kling-2.1"], Some(5))),
        job(&filmed(&["kling-2.1"], Some(10))),
        job(&filmed(&["kling-2.1", "veo3"], None)),
        job(&filmed(&["<my mother's name>"], None)),
        Job::prompt(Operation::DuplicatePrompt, None, &priced(1)),
        training(),
    ]
    .map(|job| job.kind());
    assert_eq!(
        kinds,
        [
            "create_prompt/7/-/-/-",
            "create_prompt/7/2K/-/-",
            "create_prompt/7/-/-/upscale_v4",
            "create_prompt/7/-/-/multi+upscale_v4",
            "create_prompt/7/-/DEFAULT@-/-",
            "create_prompt/7/-/kling-2.1@5s/-",
            "create_prompt/7/-/kling-2.1@10s/-",
            "create_prompt/7/-/SEVERAL@-/-",
            "create_prompt/7/-/UNCLEAR@-/-",
            "duplicate_prompt/-/-/-/-",
            "create_tune/-/-/-/-",
        ]
    );
    assert_eq!(job(&priced(8)).times(3).kind(), kinds[0], "how much of it is no kind of its own");
}

#[test]
fn what_a_pack_publishes_counts_unless_the_request_adds_to_it() {
    let prices = prices(vec![base(10), Price { video: VideoPrice::Any, ..base(1_000) }]);
    let estimate =
        |job: Job, published| prices.estimate(&account(), &[job], Some(Millicents(published)), false).0;
    assert_eq!(estimate(job(&priced(100)), 77), 77);
    assert_eq!(estimate(job(&filmed(&[], None)), 77), 1_000);
    assert_eq!(estimate(job(&filmed(&[], None)), 7_777), 7_777);
    assert_eq!(estimate(job(&priced(1)), 0), 10, "nothing is published as 0");
}

fn any_priced() -> impl Strategy<Value = Priced> {
    let names = prop::collection::btree_set(prop::sample::select(vec!["cheap", "dear", "odd one"]), 0..3);
    let flags = prop::collection::btree_set(prop::sample::select(vec!["multi", "upscale_v4"]), 0..3);
    let resolution = prop::option::of(prop::sample::select(vec![Resolution::TwoK, Resolution::FourK]));
    let video = prop::option::of((names, prop::option::of(any::<u32>())));
    (any::<u32>(), resolution, video, flags).prop_map(|(images, resolution, video, flags)| Priced {
        images,
        resolution,
        video: video.map(|(names, duration_s)| Video {
            models: names.into_iter().map(VideoModel::read).collect(),
            duration_s,
        }),
        flags,
    })
}

fn any_price() -> impl Strategy<Value = Price> {
    let video = prop_oneof![
        Just(VideoPrice::None),
        Just(VideoPrice::Any),
        prop::sample::select(vec!["cheap", "dear"]).prop_map(|name| VideoPrice::Model(name.into())),
    ];
    let flag = prop::option::of(prop::sample::select(vec!["multi", "upscale_v4"]));
    let per = prop::sample::select(vec![Per::Call, Per::Image, Per::Second]);
    let model = prop::option::of(Just(TuneId::from_u64(7)));
    let resolution = prop::option::of(Just(Resolution::FourK));
    (model, resolution, video, flag, per, any::<u64>()).prop_map(
        |(model, resolution, video, flag, per, cost_mc)| {
            let cost_mc = Millicents(if flag.is_some() { cost_mc } else { cost_mc.max(1) });
            Price { operation: Operation::CreatePrompt, model, resolution, video, flag, per, cost_mc }
        },
    )
}

proptest! {
    #[test]
    fn an_estimate_never_panics_is_never_zero_and_grows_with_images(
        rows in prop::collection::vec(any_price(), 0..8),
        priced in any_priced(),
        more in any::<u32>(),
        count in any::<u64>(),
        last in prop::option::of(any::<u64>()),
        published in prop::option::of(any::<u64>()),
    ) {
        let prices = prices(rows);
        let fewer = job(&priced).times(count);
        if let Some(last) = last {
            prices.last().remember(&account(), &fewer.kind(), Millicents(last));
        }
        let larger = job(&Priced { images: priced.images.saturating_add(more), ..priced }).times(count);
        let estimate = |job: &Job, is_free| {
            prices.estimate(&account(), std::slice::from_ref(job), published.map(Millicents), is_free).0
        };
        prop_assert!(estimate(&fewer, false) > 0);
        prop_assert!(estimate(&fewer, false) <= estimate(&larger, false));
        prop_assert_eq!(estimate(&larger, true), 0);
    }
}
