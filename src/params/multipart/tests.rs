use std::time::Duration;

use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use proptest::prelude::*;

use super::super::Content;
use super::*;
use crate::intake::{Budget, IntakeError, Pace, Spool};

const PACE: Pace =
    Pace { min_bytes_per_s: 1, grace: Duration::from_secs(5), timeout: Duration::from_secs(60) };

fn rules() -> SpoolRules {
    SpoolRules {
        limits: ParamLimits::default(),
        max_bytes: 10_000_000,
        max_file_bytes: 5_000_000,
        max_fields_bytes: 1_000_000,
        pace: PACE,
    }
}

/// Sends the body in these pieces (the last size goes on to the end) and reads files back into memory.
async fn spooled(
    body: &[u8],
    sizes: &[usize],
    rules: &SpoolRules,
    budget: &Budget,
) -> Result<Params, SpoolingError> {
    let mut pieces = Vec::new();
    let mut rest = body;
    let mut sizes = sizes.iter().copied();
    let mut size = 1;
    while !rest.is_empty() {
        size = sizes.next().unwrap_or(size).clamp(1, rest.len());
        let (now, later) = rest.split_at(size);
        pieces.push(Ok::<_, std::convert::Infallible>(Frame::data(Bytes::copy_from_slice(now))));
        rest = later;
    }
    let body = StreamBody::new(stream::iter(pieces));
    let spool = Spool::new(std::path::PathBuf::new(), Budget::new(100_000_000)).unwrap();
    let (mut params, _share) = spool_multipart(body, "X", rules, &spool, budget).await?;
    for upload in params.files_mut() {
        let Content::Spooled(file) = &upload.content else { panic!("a file in memory") };
        upload.content = Content::Memory(file.read(0, usize::MAX).await.unwrap());
    }
    assert_eq!(spool.room().used_bytes(), 0, "a file is kept longer than the tree");
    Ok(params)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn both(body: &[u8], sizes: &[usize]) {
    let whole = parse(&Bytes::copy_from_slice(body), "X", &ParamLimits::default());
    let budget = Budget::new(100_000_000);
    let coming = runtime().block_on(spooled(body, sizes, &rules(), &budget));
    assert_eq!(budget.used_bytes(), 0);
    match (whole, coming) {
        (Ok(whole), Ok(coming)) => assert_eq!(whole, coming),
        (Err(_), Err(SpoolingError::Params(_))) => {}
        (whole, coming) => {
            panic!("{whole:?}, but {coming:?} in {sizes:?}: {}", String::from_utf8_lossy(body))
        }
    }
}

fn field(name: &str, content: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
}

fn file(name: &str, content: &str) -> String {
    format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n{content}\r\n")
}

#[test]
fn mp_01_every_way_to_cut_a_body_into_two_pieces_reads_alike() {
    let body = format!(
        "pre--amble\r\n{}{}{}--X--\r\nepi--X\r\nlogue",
        field("a[b]", "1\r\n--"),
        file("c", "\r\n-\r\n--\r\n--Y\r"),
        file("d[]", "")
    );
    for cut in 0..body.len() {
        both(body.as_bytes(), &[cut, body.len()]);
    }
    both(body.as_bytes(), &[1]);
}

#[test]
fn mp_04_a_body_that_ends_anywhere_too_early_is_refused_by_both() {
    let body = format!("{}{}--X--", field("a", "1"), file("b", "2"));
    let budget = Budget::new(10_000_000);
    for end in 0..body.len() {
        both(&body.as_bytes()[..end], &[3]);
        let cut = runtime().block_on(spooled(&body.as_bytes()[..end], &[7], &rules(), &budget));
        assert!(matches!(cut, Err(SpoolingError::Params(_))), "{end}: {cut:?}");
    }
}

/// Pieces of bodies, sound and odd.
fn any_piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ("[a-c]{1,2}(\\[[a-c]?\\])?", "[x\r\nX-]{0,12}").prop_map(|(name, text)| field(&name, &text)),
        4 => ("[a-c]{1,2}(\\[[a-c]?\\])?", "[x\r\nX-]{0,40}").prop_map(|(name, text)| file(&name, &text)),
        1 => Just("--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\"\r\n\r\nx\r\n".to_owned()),
        1 => "[x\r\nX:-]{0,12}",
        1 => prop::sample::select(vec!["--X", "\r\n--X", "--X--", "\r\n\r\n", "--X\r\n", "--X \r\n", "\r\n"])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn a_body_that_comes_in_pieces_is_read_as_one_that_is_here(
        pieces in prop::collection::vec(any_piece(), 0..6),
        sound in any::<bool>(),
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let mut body = pieces.concat();
        if sound {
            body.push_str("--X--\r\n");
        }
        both(body.as_bytes(), &sizes);
    }
}

#[test]
fn mp_01_files_fields_and_the_whole_have_their_limits_while_they_come() {
    let budget = Budget::new(10_000_000);
    let read = |body: String, rules: SpoolRules| {
        let budget = budget.clone();
        runtime().block_on(async move { spooled(body.as_bytes(), &[50], &rules, &budget).await })
    };
    let too_large = |max_bytes| Err(SpoolingError::Intake(IntakeError::TooLarge { max_bytes }));
    let files = file("a", &"x".repeat(99)) + &file("b", &"x".repeat(100)) + "--X--";
    assert!(read(files.clone(), SpoolRules { max_file_bytes: 100, ..rules() }).is_ok());
    assert_eq!(read(files.clone(), SpoolRules { max_file_bytes: 99, ..rules() }), too_large(99));
    let size_bytes = files.len() as u64;
    assert!(read(files.clone(), SpoolRules { max_bytes: size_bytes, ..rules() }).is_ok());
    let max_bytes = size_bytes - 1;
    assert_eq!(read(files, SpoolRules { max_bytes, ..rules() }), too_large(max_bytes));
    let fields = field("a", &"x".repeat(60)) + &field("b", &"x".repeat(60)) + "--X--";
    assert!(read(fields.clone(), SpoolRules { max_fields_bytes: 120, ..rules() }).is_ok());
    assert_eq!(read(fields.clone(), SpoolRules { max_fields_bytes: 119, ..rules() }), too_large(119));
    let limits = ParamLimits { max_text_bytes: 59, ..ParamLimits::default() };
    let text = Err(SpoolingError::Params(ParamsError::TextTooLong { limit: 59 }));
    assert_eq!(read(fields, SpoolRules { limits, ..rules() }), text);
    assert_eq!(budget.used_bytes(), 0);
}

#[test]
fn mp_01_a_head_that_does_not_end_is_refused_before_it_fills_the_memory() {
    let endless =
        "--X\r\nContent-Disposition: form-data; name=\"a\"\r\nX-A: ".to_owned() + &"b".repeat(1_000_000);
    let budget = Budget::new(10_000_000);
    let read = runtime().block_on(spooled(endless.as_bytes(), &[1000], &rules(), &budget));
    let expected = ParamsError::Multipart { what: "a part's headers are cut or too long" };
    assert_eq!(read, Err(SpoolingError::Params(expected)));
}
