//! Whatever happens in whatever order, nobody overspends, nothing is lost, and nothing is counted twice.
//!
//! A case is a list of steps: creates begin, are answered, refused, lost, looked for, found, missed and presumed; objects
//! are seen early, late and twice, finish and fail; guests become end users; the clock runs, jumps and crosses daylight saving; the process dies.
//! Beside the store stands Astria as it really is (`World`): what each create made and what that cost. After each step no
//! reserve has passed a limit and every total is the sum of its entries; in the end, when all is found out, what the
//! ledger says is what Astria made.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use tempfile::tempdir;

use super::{in_folder, in_memory};
use crate::callback::{Callback, CallbackToken, Inbox as _, Slot};
use crate::clock::{Clock, Timestamp};
use crate::guests::{Claim, Claimed, GuestId, Guests as _};
use crate::ids::{ReservationId, TuneId};
use crate::operation::Operation;
use crate::ownership::{Counts, Index as _, ObjectId, ObjectKind, Seen, Sighting};
use crate::principal::EndUserId;
use crate::quota::{
    Amounts, Books, BooksError, Calendar, Closing, CreateState, Day, Ending, Limit, Measure, Opened, Opening,
    Period, Scope, SharedBy, Sharing, Trail, Usage,
};
use crate::store::conformance::bench::{
    conclude, main_account, name_of, naming, new_guest, prompt, prompts, tune, user,
};
use crate::store::{Store, StoreSettings};

/// Where a case begins: before the end of a month, and before both days that are not 24 hours long.
const STARTS: [&str; 3] = ["2026-10-24T20:00:00Z", "2026-11-30T12:00:00Z", "2027-03-27T21:00:00Z"];
const HOUR: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(600);

#[derive(Clone, Debug)]
enum Step {
    Reserve {
        who: usize,
        prompts: u64,
        images_each: u64,
        cost_each: u64,
        makes: Makes,
        is_theme: bool,
    },
    /// Astria's answer: names so many of the objects; `price`: with the price of all.
    Reply {
        which: usize,
        shows: usize,
        price: bool,
    },
    /// The answer is lost.
    Lose {
        which: usize,
    },
    /// Astria refused it.
    Refuse {
        which: usize,
    },
    /// Somebody looks at one object: by its name, on its tune, or as it is now.
    See {
        which: usize,
        object: usize,
        by_tune: bool,
    },
    /// Astria calls back about it, or somebody who knows its address does.
    CallBack {
        which: usize,
        object: usize,
        is_forged: bool,
    },
    /// Nothing was heard of one of its jobs for too long.
    GiveUp {
        which: usize,
        object: usize,
    },
    /// One job ends.
    Finish {
        which: usize,
        object: usize,
    },
    /// Somebody looked for all that a create made.
    Find {
        which: usize,
    },
    Presume {
        which: usize,
    },
    /// Told again, as a caller does whose answer came too late.
    Again {
        which: usize,
    },
    Clock {
        hours: i8,
    },
    Expire {
        of_all: bool,
    },
    /// A guest becomes an end user; another begins in its place.
    Claim {
        guest: usize,
        by: usize,
    },
    Crash,
}

/// What Astria makes of a create beside what was asked for.
#[derive(Clone, Copy, Debug)]
struct Makes {
    /// So many prompts fewer or more.
    prompts: i8,
    /// So many images fewer or more, each.
    images: i8,
    /// Each costs so much fewer or more.
    cost: i8,
    /// This one of them fails.
    fails: usize,
}

fn steps(count: usize) -> impl Strategy<Value = Vec<Step>> {
    let which = 0..12_usize;
    let makes = (-3..=1_i8, -2..=1_i8, -4..=3_i8, 0..6_usize)
        .prop_map(|(prompts, images, cost, fails)| Makes { prompts: prompts.max(-2), images, cost, fails });
    let reserve = (0..5_usize, 1..4_u64, 1..4_u64, 5..9_u64, makes, prop::bool::weighted(0.2));
    let step = prop_oneof![
        6 => reserve.prop_map(|(who, prompts, images_each, cost_each, makes, is_theme)| {
            Step::Reserve { who, prompts, images_each, cost_each, makes, is_theme }
        }),
        4 => (which.clone(), 0..5_usize, any::<bool>()).prop_map(|(which, shows, price)| {
            Step::Reply { which, shows, price }
        }),
        2 => which.clone().prop_map(|which| Step::Lose { which }),
        1 => which.clone().prop_map(|which| Step::Refuse { which }),
        6 => (which.clone(), 0..5_usize, any::<bool>()).prop_map(|(which, object, by_tune)| {
            Step::See { which, object, by_tune }
        }),
        4 => (which.clone(), 0..5_usize).prop_map(|(which, object)| Step::Finish { which, object }),
        3 => (which.clone(), 0..5_usize, any::<bool>()).prop_map(|(which, object, is_forged)| {
            Step::CallBack { which, object, is_forged }
        }),
        1 => (which.clone(), 0..5_usize).prop_map(|(which, object)| Step::GiveUp { which, object }),
        2 => which.clone().prop_map(|which| Step::Find { which }),
        2 => which.clone().prop_map(|which| Step::Presume { which }),
        1 => which.prop_map(|which| Step::Again { which }),
        2 => prop_oneof![Just(1_i8), Just(5), Just(26), Just(-7), Just(-26), Just(100)].prop_map(|hours| Step::Clock { hours }),
        1 => any::<bool>().prop_map(|of_all| Step::Expire { of_all }),
        2 => (0..2_usize, 0..3_usize).prop_map(|(guest, by)| Step::Claim { guest, by }),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, count)
}

/// An object at Astria.
#[derive(Clone, Debug)]
struct Object {
    id: u64,
    images: u64,
    cost_mc: u64,
    is_failed: bool,
    is_finished: bool,
    /// Somebody told the ledger of it.
    is_known: bool,
}

/// A create, as it really is.
#[derive(Debug)]
struct Truth {
    opening: Opening,
    tune: u64,
    objects: Vec<Object>,
    /// Nobody has told its end yet.
    is_open: bool,
    /// Its caller told the price of all.
    is_price_whole: bool,
    /// All of it was found, or that there is nothing.
    is_over: bool,
    last: Option<Closing>,
}

impl Truth {
    fn is_theme(&self) -> bool {
        self.opening.trail.is_nameless
    }

    fn price(&self) -> u64 {
        self.objects.iter().map(|object| object.cost_mc).sum()
    }

    fn seen(&self, object: &Object) -> Seen {
        let counts = if object.is_finished {
            let (images, cost_mc) = (Some(object.images), Some(object.cost_mc));
            Counts { images, cost_mc, is_failed: object.is_failed }
        } else {
            Counts { images: Some(object.images), cost_mc: Some(0), is_failed: false }
        };
        let seen = Seen { is_finished: object.is_finished, counts, ..prompt(object.id, self.tune) };
        if self.is_theme() { seen } else { naming(self.opening.reservation, seen) }
    }

    /// What of it counts in the end.
    fn spent(&self) -> Amounts {
        let mut spent = Amounts::none();
        if self.is_price_whole {
            spent = spent.plus(&prompts(0, 0, self.price()));
        }
        for object in self.objects.iter().filter(|object| !object.is_failed) {
            let cost_mc = if self.is_price_whole { 0 } else { object.cost_mc };
            spent = spent.plus(&prompts(1, object.images, cost_mc));
        }
        spent
    }
}

/// Who asks: their name, tenant, whether they are nobody in particular, and the plan's limits.
type Caller = (&'static str, Option<&'static str>, bool, &'static [(SharedBy, Measure, Period, u64)]);

const SMALL: &[(SharedBy, Measure, Period, u64)] = &[
    (SharedBy::EndUser, Measure::Images, Period::Day, 12),
    (SharedBy::EndUser, Measure::Images, Period::Month, 30),
    (SharedBy::Tenant, Measure::Images, Period::Day, 20),
    (SharedBy::Account, Measure::CostMc, Period::Month, 400),
];
const LARGE: &[(SharedBy, Measure, Period, u64)] = &[
    (SharedBy::EndUser, Measure::Prompts, Period::Total, 12),
    (SharedBy::EndUser, Measure::CostMc, Period::Day, 100),
    (SharedBy::Account, Measure::CostMc, Period::Month, 400),
];
const TRIAL: &[(SharedBy, Measure, Period, u64)] = &[
    (SharedBy::EndUser, Measure::Images, Period::Total, 8),
    (SharedBy::Guests, Measure::Images, Period::Month, 20),
    (SharedBy::Account, Measure::CostMc, Period::Month, 400),
];
const CALLERS: [Caller; 5] = [
    ("a", Some("x"), false, SMALL),
    ("b", Some("x"), false, LARGE),
    ("c", None, false, SMALL),
    ("guest 1", None, true, TRIAL),
    ("guest 2", Some("x"), true, LARGE),
];
/// The first of them that is one.
const FIRST_GUEST: usize = 3;

fn limits(sharing: &Sharing<'_>, rules: &[(SharedBy, Measure, Period, u64)]) -> Vec<Limit> {
    let limit = |&(shared_by, of, per, limit): &(SharedBy, Measure, Period, u64)| Limit {
        scope: sharing.scope(shared_by),
        shared_by,
        of,
        per,
        limit,
    };
    rules.iter().map(limit).collect()
}

struct World {
    settings: StoreSettings,
    store: Option<Store>,
    clock: Clock,
    calendar: Calendar,
    creates: Vec<Truth>,
    next_id: u64,
    /// Whoever calls, and their tune that was there before: guests come and go.
    who: Vec<(EndUserId, u64)>,
    guests: [Option<GuestId>; 2],
}

impl World {
    async fn new(settings: StoreSettings, start: &str) -> Self {
        let start: jiff::Timestamp = start.parse().unwrap();
        // Such a clock cannot be set back to before its own beginning.
        let (start_ms, earlier) = (u64::try_from(start.as_millisecond()).unwrap(), 100 * 24 * HOUR);
        let clock =
            Clock::manual(Timestamp::from_unix_ms(start_ms - u64::try_from(earlier.as_millis()).unwrap()));
        clock.advance(earlier);
        let store = Store::open(&settings, clock.clone(), std::sync::Arc::new(())).await.unwrap();
        let calendar = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        let (creates, who) = (Vec::new(), CALLERS.map(|(name, ..)| (user(name), 0)).to_vec());
        let mut world = Self {
            settings,
            store: Some(store),
            clock,
            calendar,
            creates,
            next_id: 100,
            who,
            guests: [None; 2],
        };
        for n in 0..CALLERS.len() {
            world.begin(n).await;
        }
        world
    }

    /// Somebody is there, with a tune that was there before.
    async fn begin(&mut self, who: usize) {
        let at = self.clock.now();
        if let Some(place) = who.checked_sub(FIRST_GUEST) {
            let guest = new_guest(self.store(), at).await;
            self.guests[place] = Some(guest);
            self.who[who].0 = guest.end_user();
        }
        self.next_id += 1;
        self.who[who].1 = self.next_id;
        let (owner, tune_id) = &self.who[who];
        self.store().import(&main_account(), owner, vec![tune(*tune_id)], at).await.unwrap();
    }

    /// What is used and held moves with whose it is, and nothing else changes.
    async fn claim(&mut self, place: usize, by: usize) {
        let (guest, at) = (self.guests[place].unwrap(), self.clock.now());
        let (from, to) = (guest.end_user(), self.who[by].0.clone());
        let scopes = [&from, &to].map(|who| Scope::EndUser(name_of(who)));
        let (_, tenant, _, rules) = CALLERS[by];
        let (account, day) = (main_account(), self.calendar.day_at(at).unwrap());
        let sharing = Sharing { user: name_of(&to), tenant, is_guest: false, account: &account };
        let limits: Vec<Limit> = limits(&sharing, rules);
        let of_others = [Scope::Guests, Scope::Account(account.clone()), Scope::Tenant("x".into())];
        let others: Vec<_> = of_others.map(|scope| (scope, 0)).to_vec();
        let (before, of_both) = (self.usage(&others).await, scopes.clone().map(|scope| (scope, 0)));
        let [guests, users] = self.usage(&of_both).await.try_into().unwrap();
        let claim = Claim {
            guest,
            guest_subject: name_of(&from),
            end_user: to.clone(),
            subject: name_of(&to),
            limits: limits.clone(),
            day,
            at,
        };
        let claimed = self.store().claim_guest(claim.clone()).await;
        let Ok(Claimed::Moved(moved)) = claimed else { panic!("{claimed:?}") };
        let mut count = 0;
        for create in self.creates.iter_mut().filter(|create| create.opening.owner == from) {
            let Opening { owner, subject, scopes: theirs, .. } = &mut create.opening;
            (*owner, *subject) = (to.clone(), name_of(&to));
            let scope = theirs.iter_mut().find(|scope| **scope == scopes[0]).unwrap();
            *scope = scopes[1].clone();
            count += 1;
        }
        let places: Vec<_> =
            limits.iter().map(|limit| (limit.scope.clone(), day.period(limit.per))).collect();
        let is_beyond = limits.iter().zip(self.usage(&places).await).any(|(limit, usage)| {
            limit.shared_by == SharedBy::EndUser
                && usage.used.get(limit.of) + usage.held.get(limit.of) > limit.limit
        });
        assert_eq!((moved.reservations, moved.is_overrun), (count, is_beyond && count > 0));
        assert_eq!(self.usage(&others).await, before);
        let both = Usage { used: guests.used.plus(&users.used), held: guests.held.plus(&users.held) };
        assert_eq!(self.usage(&of_both).await, [Usage::default(), both]);
        assert_eq!(self.store().claim_guest(claim).await, Ok(Claimed::Already));
        self.begin(FIRST_GUEST + place).await;
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    async fn usage(&self, places: &[(Scope, u32)]) -> Vec<Usage> {
        self.store().usage(places).await.unwrap()
    }

    async fn reserve(&mut self, who: usize, amounts: Amounts, is_theme: bool, makes: Makes) {
        let (_, tenant, is_guest, rules) = CALLERS[who];
        let (owner, tune) = self.who[who].clone();
        let account = main_account();
        let sharing = Sharing { user: name_of(&owner), tenant, is_guest, account: &account };
        let at = self.clock.now();
        let day = self.calendar.day_at(at).unwrap();
        let limits = limits(&sharing, rules);
        let operation = if is_theme { Operation::CreateTheme } else { Operation::CreatePrompt };
        let opening = Opening {
            reservation: ReservationId::generate(),
            request: String::new(),
            account: account.clone(),
            subject: name_of(&owner),
            owner,
            scopes: sharing.scopes(rules.iter().map(|(shared_by, ..)| *shared_by)),
            plan: "p".into(),
            keeps_failed: false,
            operation,
            amounts,
            day,
            limits: limits.clone(),
            max_jobs: None,
            trail: Trail { tunes: vec![TuneId::from_u64(tune)], title: None, is_nameless: is_theme },
            claim: None,
            lease_until: at.plus(LEASE),
            at,
        };
        let places: Vec<_> =
            limits.iter().map(|limit| (limit.scope.clone(), day.period(limit.per))).collect();
        let before = self.usage(&places).await;
        let is_full = limits.iter().zip(&before).any(|(limit, usage)| {
            let amount = amounts.get(limit.of);
            amount > 0 && usage.used.get(limit.of) + usage.held.get(limit.of) + amount > limit.limit
        });
        let is_theme_open =
            self.creates.iter().any(|other| other.is_theme() && other.tune == tune && !other.is_over);
        let opened = Books::open(self.store(), opening.clone()).await;
        match opened {
            Ok(Opened::Held) => {
                assert!(!is_full, "passed a limit: {limits:?} {before:?} {amounts:?}");
                assert!(!(is_theme && is_theme_open), "a second theme");
            }
            Err(BooksError::ThemeOpen) => {
                assert!(is_theme && is_theme_open, "no theme is open");
                return;
            }
            Err(BooksError::Exhausted { .. }) => {
                assert!(is_full, "it had room: {limits:?} {before:?} {amounts:?}");
                assert_eq!(self.usage(&places).await, before, "a refusal holds something");
                return;
            }
            other => panic!("{other:?}"),
        }
        let asked = amounts.get(Measure::Prompts);
        let each = |of, more: i8| (amounts.get(of) / asked).saturating_add_signed(i64::from(more));
        let count = asked.saturating_add_signed(i64::from(makes.prompts));
        // No theme makes more than was reserved for it.
        let count = if is_theme { count.min(asked) } else { count };
        let objects = (0..count).map(|n| Object {
            id: self.next_id + n,
            images: each(Measure::Images, makes.images),
            cost_mc: each(Measure::CostMc, makes.cost),
            is_failed: n == makes.fails as u64,
            is_finished: false,
            is_known: false,
        });
        let objects = objects.collect();
        self.next_id += count;
        let (is_open, is_price_whole, is_over) = (true, false, false);
        self.creates.push(Truth { opening, tune, objects, is_open, is_price_whole, is_over, last: None });
    }

    fn index(&self, which: usize) -> Option<usize> {
        // The latest most often.
        self.creates.len().checked_sub(1 + which)
    }

    async fn close(&mut self, index: usize, ending: Ending, shown: Vec<usize>) {
        let at = self.clock.now();
        let create = &mut self.creates[index];
        let objects = shown.iter().map(|n| create.seen(&create.objects[*n])).collect();
        let mut closing = Closing {
            objects,
            look_at: at.plus(HOUR),
            ..Closing::new(create.opening.reservation, ending, at)
        };
        if matches!(ending, Ending::Made { is_price_whole: true, .. }) {
            closing.beside = prompts(0, 0, create.price());
            create.is_price_whole = true;
        }
        for n in shown {
            create.objects[n].is_known = true;
        }
        create.last = Some(closing.clone());
        let closed = conclude(self.store(), closing).await.unwrap();
        assert!(!closed.is_repeat, "all of it is new");
    }

    async fn see(&mut self, index: usize, object: usize, by_tune: bool) {
        let at = self.clock.now();
        let create = &mut self.creates[index];
        let (tune, is_theme) = (create.tune, create.is_theme());
        let Some(found) = create.objects.get_mut(object) else { return };
        found.is_known = true;
        let found = found.clone();
        let found_on = (by_tune || is_theme).then_some(TuneId::from_u64(tune));
        let seen = self.creates[index].seen(&found);
        let sighting = Sighting { account: main_account(), objects: vec![seen], found_on, at };
        self.store().see(sighting).await.unwrap();
    }

    /// Somebody looked through all that Astria has.
    async fn find(&mut self, index: usize) {
        let all: Vec<usize> = (0..self.creates[index].objects.len()).collect();
        let ending = if all.is_empty() {
            Ending::Nothing
        } else {
            Ending::Made { is_complete: true, is_price_whole: false }
        };
        self.close(index, ending, all).await;
        self.creates[index].is_over = true;
        self.creates[index].is_open = false;
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Reserve { who, prompts: count, images_each, cost_each, makes, is_theme } => {
                let amounts = prompts(count, count * images_each, count * cost_each);
                self.reserve(who, amounts, is_theme, makes).await;
            }
            Step::Clock { hours } => {
                let by_ms = 3_600_000_u64.wrapping_mul(i64::from(hours).cast_unsigned());
                self.clock.advance(Duration::from_millis(by_ms));
            }
            Step::Expire { of_all } => {
                let at = self.clock.now();
                self.store().expire(at, at.plus(HOUR), of_all).await.unwrap();
            }
            Step::Claim { guest, by } => self.claim(guest, by).await,
            Step::Crash if self.settings.url != "memory:" => {
                drop(self.store.take());
                let observer = std::sync::Arc::new(());
                self.store = Some(Store::open(&self.settings, self.clock.clone(), observer).await.unwrap());
            }
            Step::Crash => {}
            Step::Reply { which, .. }
            | Step::Lose { which }
            | Step::Refuse { which }
            | Step::See { which, .. }
            | Step::Finish { which, .. }
            | Step::CallBack { which, .. }
            | Step::GiveUp { which, .. }
            | Step::Find { which }
            | Step::Presume { which }
            | Step::Again { which } => {
                if let Some(index) = self.index(which) {
                    self.step_of(index, step).await;
                }
            }
        }
    }

    async fn step_of(&mut self, index: usize, step: Step) {
        let create = &self.creates[index];
        let (is_open, is_over, count) = (create.is_open, create.is_over, create.objects.len());
        match step {
            Step::Reply { shows, price, .. } if is_open && count > 0 => {
                // A theme's reply is empty, and names no price.
                let is_theme = create.is_theme();
                let shows = if is_theme { 0 } else { shows.min(count) };
                let is_complete = shows == count;
                let is_price_whole = price && !is_theme;
                self.close(index, Ending::Made { is_complete, is_price_whole }, (0..shows).collect()).await;
                self.creates[index].is_open = false;
                self.creates[index].is_over = is_complete;
                self.note_whole_themes(index).await;
            }
            Step::Lose { .. } if is_open => {
                self.close(index, Ending::Unknown, vec![]).await;
                self.creates[index].is_open = false;
            }
            Step::Refuse { .. } if is_open && count == 0 => {
                self.close(index, Ending::Nothing, vec![]).await;
                self.creates[index].is_open = false;
                self.creates[index].is_over = true;
            }
            Step::See { object, by_tune, .. } => {
                // A theme's prompts have no name: those of one that is over are nobody's to find.
                let is_known = create.objects.get(object).is_some_and(|object| object.is_known);
                if !create.is_theme() || !is_over || is_known {
                    self.see(index, object, by_tune).await;
                    self.note_whole_themes(index).await;
                }
            }
            Step::Finish { object, .. } => {
                if let Some(object) = self.creates[index].objects.get_mut(object) {
                    object.is_finished = true;
                }
            }
            Step::CallBack { object, is_forged, .. } => {
                let id = create.objects.get(object).map_or(7_777, |object| object.id);
                self.call_back(create.opening.reservation, id + u64::from(is_forged)).await;
            }
            Step::GiveUp { object, .. } => {
                if let Some(object) = create.objects.get(object).filter(|object| object.is_known) {
                    let object = create.seen(object).object;
                    self.store().lose(&main_account(), object, self.clock.now()).await.unwrap();
                }
            }
            // Whoever calls it ends it, or its lease's end does.
            Step::Find { .. } if !is_open && !is_over => self.find(index).await,
            Step::Presume { .. } if !is_open && !is_over => {
                self.close(index, Ending::Presumed, vec![]).await;
            }
            Step::Again { .. } => {
                if let Some(last) = self.creates[index].last.clone() {
                    conclude(self.store(), last).await.unwrap();
                    self.note_whole_themes(index).await;
                }
            }
            _ => {}
        }
    }

    /// A theme that made all that was reserved for it is over when the last is seen.
    async fn note_whole_themes(&mut self, index: usize) {
        let reservation = self.creates[index].opening.reservation;
        let kept = self.store().create(reservation).await.unwrap().unwrap();
        let create = &mut self.creates[index];
        let known = create.objects.iter().filter(|object| object.is_known).count() as u64;
        let is_whole = known >= create.opening.amounts.get(Measure::Prompts);
        if create.is_theme() && is_whole && kept.state == CreateState::Made {
            create.is_over = true;
        }
    }

    /// Whatever it says, it says when to look and nothing else.
    async fn call_back(&self, reservation: ReservationId, id: u64) {
        let at = self.clock.now();
        let token = CallbackToken { reservation, slot: Slot::All, expires_at: at };
        let of = |kind| ObjectId { kind, id };
        let before = self.store().create(reservation).await.unwrap().unwrap();
        let callback = Callback { token, objects: vec![of(ObjectKind::Prompt)], at };
        self.store().receive(callback).await.unwrap();
        let after = self.store().create(reservation).await.unwrap().unwrap();
        assert_eq!((before.held, before.state, before.objects), (after.held, after.state, after.objects));
    }

    async fn check(&self) {
        let wrong = self.store().audit_ledger().await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    /// Everything is found out, every job ends, and all that counts is what Astria made.
    async fn finish(mut self) {
        let later = self.clock.now().plus(LEASE * 9999);
        self.store().expire(later, later, true).await.unwrap();
        for index in 0..self.creates.len() {
            if !self.creates[index].is_over {
                self.find(index).await;
            }
            for object in &mut self.creates[index].objects {
                object.is_finished = true;
            }
            for object in 0..self.creates[index].objects.len() {
                self.see(index, object, true).await;
            }
        }
        self.check().await;
        for create in &self.creates {
            let objects: Vec<_> = create.objects.iter().map(|object| create.seen(object).object).collect();
            let found = self.store().find(&main_account(), &create.opening.owner, &objects).await.unwrap();
            assert_eq!(found.len(), objects.len(), "somebody else's, or nobody's");
        }
        let mut expected: BTreeMap<(Scope, u32), Amounts> = BTreeMap::new();
        for create in &self.creates {
            let day: Day = create.opening.day;
            for scope in &create.opening.scopes {
                for per in [Period::Day, Period::Month, Period::Total] {
                    let sum = expected.entry((scope.clone(), day.period(per))).or_default();
                    *sum = sum.plus(&create.spent());
                }
            }
        }
        let places: Vec<_> = expected.keys().cloned().collect();
        let usage = self.usage(&places).await;
        for ((place, used), usage) in expected.iter().zip(usage) {
            assert!(usage.held.is_none(), "something stays held: {place:?} {usage:?}");
            assert_eq!(usage.used, *used, "{place:?}");
        }
        let standing = self.store().standing().await.unwrap();
        assert_eq!((standing.open, standing.unknown, standing.presumed), (0, 0, 0));
        assert!(self.store().due(later.plus(HOUR), 99).await.unwrap().creates.is_empty());
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, ..ProptestConfig::default() }
}

fn in_order(settings: StoreSettings, start: usize, steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(settings, STARTS[start]).await;
        for step in steps {
            world.step(step).await;
            world.check().await;
        }
        world.finish().await;
    });
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn quota_03_nothing_is_overspent_lost_or_counted_twice_in_any_order(
        start in 0..STARTS.len(),
        steps in steps(40),
    ) {
        in_order(in_memory(), start, steps);
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn quota_03_nothing_is_overspent_lost_or_counted_twice_whenever_the_process_dies(
        start in 0..STARTS.len(),
        steps in steps(40),
    ) {
        let folder = tempdir().unwrap();
        in_order(in_folder(&folder), start, steps);
    }
}
