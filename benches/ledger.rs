//! How fast the ledger is on this machine's disk, and whether its size matters.
//!
//! ```sh
//! taskset -c 0 cargo bench --bench ledger -- --dir /var/tmp --entries 10000,10000000 --seconds 15
//! ```
//!
//! 64 at once reserve, first alone and then with a settle of one object each, in a file, as `serve` does it: what was
//! answered is on the disk. Beside it stands what one write of 4 KiB and its fsync cost in the same folder. Each number of entries is
//! filled in by SQL first, then measured; at the end a start, `ledger check` and `backup` are timed on the largest.
//!
//! What it does *not* do: it proves nothing. Nothing is compared with a bound, because disks differ.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use astria_gateway::clock::Clock;
use astria_gateway::ids::{PromptId, ReservationId, TuneId};
use astria_gateway::operation::Operation;
use astria_gateway::ownership::{AccountKey, Counts, Seen, Traits};
use astria_gateway::principal::EndUserId;
use astria_gateway::pseudonym::Pseudonyms;
use astria_gateway::quota::{
    Amounts, Books, Calendar, Closing, Ending, Holder, Ledger, Measure, Period, QuotaRule, Reservation,
    ReserveRequest, Reserved, SharedBy, Trail,
};
use astria_gateway::store::{Store, StoreSettings};
use jiff::tz::TimeZone;

type Failure = Box<dyn Error>;

/// End users, in what is filled in and in what is measured.
const USERS: u32 = 100_000;
/// Creates under way at once.
const CONCURRENT: u64 = 64;

struct Settings {
    folder: PathBuf,
    entries: Vec<u64>,
    time: Duration,
}

fn settings() -> Result<Settings, Failure> {
    let mut settings = Settings {
        folder: std::env::temp_dir(),
        entries: vec![10_000, 10_000_000],
        time: Duration::from_secs(15),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--dir" => settings.folder = value()?.into(),
            "--entries" => {
                let numbers: Result<_, _> = value()?.split(',').map(str::parse).collect();
                settings.entries = numbers?;
            }
            "--seconds" => settings.time = Duration::from_secs(value()?.parse()?),
            // Cargo says it to every benchmark.
            "--bench" => {}
            other => return Err(format!("{other}: known are --dir, --entries and --seconds").into()),
        }
    }
    Ok(settings)
}

fn main() -> Result<(), Failure> {
    let settings = settings()?;
    let folder = tempfile::Builder::new().prefix("ledger-bench-").tempdir_in(&settings.folder)?;
    let fsync = fsync_times(folder.path())?;
    println!("one write of 4 KiB and its fsync, 200 times: p50 {}, p99 {}\n", fsync.0, fsync.1);
    println!(
        "|    entries |  file | reserves/s | creates/s | reserve p50 |     p99 | settle p50 |     p99 |"
    );
    println!(
        "|-----------:|------:|-----------:|----------:|------------:|--------:|-----------:|--------:|"
    );
    let path = folder.path().join("gateway.db");
    let store = StoreSettings { url: format!("sqlite:{}", path.display()), ..StoreSettings::default() };
    // Tasks take turns on one thread; the writer has another, as in the gateway.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for entries in &settings.entries {
        fill(&runtime, &store, &path, *entries)?;
        let measured = runtime.block_on(measure(&store, settings.time))?;
        let size_mb = fs::metadata(&path)?.len() / 1_000_000;
        println!(
            "| {entries:>10} | {size_mb:>2} MB | {:>10} | {:>9} | {:>11} | {:>7} | {:>10} | {:>7} |",
            measured.reserves_a_second,
            measured.creates_a_second,
            measured.reserve.0,
            measured.reserve.1,
            measured.settle.0,
            measured.settle.1
        );
    }
    println!();
    runtime.block_on(walk(&store, &path))
}

/// Microseconds or milliseconds.
fn shown(time: Duration) -> String {
    match time.as_micros() {
        micros @ 0..10_000 => format!("{micros} us"),
        micros => format!("{} ms", micros / 1000),
    }
}

/// The middle one, and the one that 1 of 100 exceed.
fn p50_p99(mut times: Vec<Duration>) -> (String, String) {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    (shown(at(50)), shown(at(99)))
}

fn fsync_times(folder: &Path) -> Result<(String, String), Failure> {
    let mut file = File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_all()?;
        times.push(started.elapsed());
    }
    Ok(p50_p99(times))
}

/// Brings the ledger to so many entries: two a create, of many end users and days, and the totals that follow.
fn fill(
    runtime: &tokio::runtime::Runtime,
    settings: &StoreSettings,
    path: &Path,
    entries: u64,
) -> Result<(), Failure> {
    runtime.block_on(async {
        let store = Store::open(settings, Clock::system(), Arc::new(())).await?;
        store.close().await;
        Ok::<_, Failure>(())
    })?;
    let mut conn = rusqlite::Connection::open(path)?;
    conn.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;")?;
    let there: i64 = conn.query_row("SELECT COUNT(*) FROM entries", [], |row| row.get(0))?;
    let missing = (i64::try_from(entries)? - there) / 2;
    if missing <= 0 {
        return Ok(());
    }
    let first: i64 =
        conn.query_row("SELECT COALESCE(MAX(n), 0) + 1 FROM reservations", [], |row| row.get(0))?;
    let last = first + missing - 1;
    let numbers =
        "WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)";
    let mut from = first;
    while from <= last {
        let to = last.min(from + 500_000 - 1);
        let part = conn.transaction()?;
        let creates = format!(
            "{numbers} INSERT INTO reservations (n, id, request, account, subject, scopes, plan, operation, tunes, \
             tune_watermark, prompt_watermark, day, state, created_at_ms, lease_until_ms, ended_at_ms, \
             reserved_images, reserved_cost_mc, reserved_prompts) \
             SELECT n, printf('%032x', n), printf('%032x', n), '-/', printf('%032x', n % {USERS}), \
             '[\"u:' || printf('%032x', n % {USERS}) || '\",\"a:-/\"]', 'free', 'create_prompt', '[7]', 0, 0, \
             20250001 + (n / {USERS} % 12 + 1) * 100 + n % 28, 'made', 0, 0, 0, 1, 1000, 1 FROM numbers"
        );
        part.execute(&creates, [from, to])?;
        let entries = format!(
            "{numbers} INSERT INTO entries (reservation, kind, at_ms, object_kind, object_id, held_images, \
             held_cost_mc, held_prompts, used_images, used_cost_mc, used_prompts) \
             SELECT n, 'reserve', 0, NULL, NULL, 1, 1000, 1, 0, 0, 0 FROM numbers \
             UNION ALL SELECT n, 'settle', 0, NULL, NULL, -1, -1000, -1, 1, 1000, 1 FROM numbers"
        );
        part.execute(&entries, [from, to])?;
        let totals = format!(
            "{numbers}, creates AS (SELECT 'u:' || subject AS mine, day FROM numbers JOIN reservations USING (n)), \
             scopes AS (SELECT mine AS scope, day FROM creates UNION ALL SELECT 'a:-/', day FROM creates), \
             periods AS (SELECT scope, day AS period FROM scopes UNION ALL SELECT scope, day / 100 FROM scopes \
             UNION ALL SELECT scope, 0 FROM scopes) \
             INSERT INTO totals (scope, period, used_images, used_cost_mc, used_prompts) \
             SELECT scope, period, COUNT(*), COUNT(*) * 1000, COUNT(*) FROM periods WHERE true \
             GROUP BY scope, period ON CONFLICT (scope, period) DO UPDATE SET \
             used_images = used_images + excluded.used_images, used_cost_mc = used_cost_mc + excluded.used_cost_mc, \
             used_prompts = used_prompts + excluded.used_prompts"
        );
        part.execute(&totals, [from, to])?;
        part.commit()?;
        from = to + 1;
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(conn);
    // What is measured next must not wait for these pages.
    Ok(File::open(path)?.sync_all()?)
}

struct Measured {
    reserves_a_second: u64,
    creates_a_second: u64,
    reserve: (String, String),
    settle: (String, String),
}

async fn measure(settings: &StoreSettings, time: Duration) -> Result<Measured, Failure> {
    let store = Arc::new(Store::open(settings, Clock::system(), Arc::new(())).await?);
    let books: Arc<dyn Books> = Arc::<Store>::clone(&store);
    let clock = Clock::system();
    let ledger =
        Ledger::new(books, clock.clone(), Calendar::new(TimeZone::UTC), Pseudonyms::new(b"benchmark"));
    let reserves_a_second = reserves(&ledger, time).await?;
    let (started, first_id) = (Instant::now(), clock.now().unix_ms() * 1000);
    let lanes = (0..CONCURRENT).map(|lane| {
        let ledger = ledger.clone();
        async move {
            let (mut reserves, mut settles) = (Vec::new(), Vec::new());
            let mut round = 0;
            while started.elapsed() < time {
                let number = round * CONCURRENT + lane;
                let (reserve, settle) = create(&ledger, number % u64::from(USERS), first_id + number).await?;
                reserves.push(reserve);
                settles.push(settle);
                round += 1;
            }
            Ok::<_, Failure>((reserves, settles))
        }
    });
    let lanes = futures_util::future::try_join_all(lanes).await?;
    let took = started.elapsed();
    store.close().await;
    let (reserves, settles): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
    let (reserves, settles) = (reserves.concat(), settles.concat());
    Ok(Measured {
        reserves_a_second,
        creates_a_second: a_second(settles.len(), took)?,
        reserve: p50_p99(reserves),
        settle: p50_p99(settles),
    })
}

fn a_second(number: usize, took: Duration) -> Result<u64, Failure> {
    Ok(u64::try_from(number)? * 1000 / u64::try_from(took.as_millis())?.max(1))
}

/// How many are reserved in a second. What they hold is given back afterwards, uncounted.
async fn reserves(ledger: &Ledger, time: Duration) -> Result<u64, Failure> {
    let started = Instant::now();
    let lanes = (0..CONCURRENT).map(|lane| async move {
        let (mut held, mut round) = (Vec::new(), 0);
        while started.elapsed() < time {
            held.push(reserve(ledger, (round * CONCURRENT + lane) % u64::from(USERS)).await?);
            round += 1;
        }
        Ok::<_, Failure>(held)
    });
    let lanes = futures_util::future::try_join_all(lanes).await?;
    let took = started.elapsed();
    let number = lanes.iter().map(Vec::len).sum();
    let lanes = lanes.into_iter().map(|held| async move {
        for held in held {
            ledger.release(held, None).await?;
        }
        Ok::<_, Failure>(())
    });
    futures_util::future::try_join_all(lanes).await?;
    a_second(number, took)
}

/// Reserves and settles one prompt; gives how long each took.
async fn create(ledger: &Ledger, user: u64, id: u64) -> Result<(Duration, Duration), Failure> {
    let started = Instant::now();
    let held = reserve(ledger, user).await?;
    let reserve = started.elapsed();
    let at = Clock::system().now();
    let closing = Closing {
        objects: vec![prompt(id, held.id())],
        ..Closing::new(held.id(), Ending::Made { is_complete: true, is_price_whole: false }, at)
    };
    let started = Instant::now();
    ledger.settle(held, closing).await?;
    Ok((reserve, started.elapsed()))
}

/// Reserves one prompt.
async fn reserve(ledger: &Ledger, user: u64) -> Result<Reservation, Failure> {
    let user =
        EndUserId { issuer: "https://id.example".into(), subject: format!("user-{user}").as_str().into() };
    let account = AccountKey::new("-/");
    let rule = |of, per, shared_by| QuotaRule { of, per, limit: 1 << 50, shared_by };
    let rules = [
        rule(Measure::Images, Period::Day, SharedBy::EndUser),
        rule(Measure::CostMc, Period::Month, SharedBy::EndUser),
        rule(Measure::CostMc, Period::Day, SharedBy::Account),
    ];
    let holder =
        Holder { user: &user, tenant: None, is_guest: false, account: &account, rules: &rules, grants: None };
    let amounts =
        Amounts::none().with(Measure::Images, 1).with(Measure::Prompts, 1).with(Measure::CostMc, 1000);
    let request = ReserveRequest {
        id: ReservationId::generate(),
        request: "0192f7a1000070008000000000000000",
        holder,
        plan: "free",
        max_jobs: None,
        keeps_failed: false,
        operation: Operation::CreatePrompt,
        amounts,
        trail: Trail { tunes: vec![TuneId::from_u64(7)], ..Trail::default() },
        claim: None,
        lease: Duration::from_secs(60),
    };
    match ledger.reserve(request).await? {
        Reserved::Held(held) => Ok(held),
        _ => Err("a reserve without a key was answered as one with a key".into()),
    }
}

/// As Astria answers a create.
fn prompt(id: u64, reservation: ReservationId) -> Seen {
    Seen {
        object: PromptId::from_u64(id).into(),
        tune: Some(TuneId::from_u64(7)),
        pack: None,
        base_pack: None,
        created_at: None,
        finished_at: None,
        expires_at: None,
        eta: None,
        is_finished: true,
        traits: Traits { text: Some("a cat on a bench".into()), ..Traits::default() },
        counts: Counts { images: Some(1), cost_mc: Some(1000), is_failed: false },
        reservation: Some(reservation),
        members: format!("{{\"id\":{id},\"tune_id\":7,\"text\":\"a cat on a bench\",\"num_images\":1}}"),
    }
}

/// What a start, a check and a backup do with a file of this size.
async fn walk(settings: &StoreSettings, path: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    Store::open(settings, Clock::system(), Arc::new(())).await?.close().await;
    println!("a start with store.check_at_start = \"quick\": {}", shown(started.elapsed()));
    let started = Instant::now();
    let checked = Store::check(settings).await?;
    println!("ledger check: {}, {} differences", shown(started.elapsed()), checked.differences.len());
    let started = Instant::now();
    Store::back_up(settings, path.with_extension("copy"), false).await?;
    println!("backup, checks included: {}", shown(started.elapsed()));
    Ok(())
}
