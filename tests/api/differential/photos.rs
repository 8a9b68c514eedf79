//! Files arrive byte for byte, but for the position that is blanked in them.

use astria_gateway::photo::{PhotoRules, admit};
use bytes::Bytes;
use serde_json::Value;

use super::super::harness::photos;
use super::super::inspect::assert_position_is_blanked;
use super::rails::content;
use super::{MULTIPART, Pair, TARGETS, Target};

/// File names that have been used to break out of a header, a folder, or a type.
const FILE_NAMES: [&str; 4] = ["me.jpg", "../../evil.php", "tune[images][]", "käfer; name=x.jpg"];

fn body(target: &Target, files: &[(&str, &[u8])], file_name: &str) -> Vec<u8> {
    let mut body = Vec::new();
    // Where a file says it, its address need not.
    for (name, text, _) in target.needs.iter().filter(|(name, ..)| !name.contains("_url")) {
        let name = target.spelled(name);
        body.extend_from_slice(
            format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").as_bytes(),
        );
    }
    for (name, bytes) in files {
        let name = target.spelled(name);
        let head = format!(
            "--X\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: application/x-php\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--X--\r\n");
    body
}

/// The same photo as a gateway must hand it on.
fn blanked(sample: &[u8]) -> Vec<u8> {
    let photo = admit(Bytes::copy_from_slice(sample), &PhotoRules::default()).unwrap();
    assert!(photo.position_blanked, "the sample has no position");
    photo.bytes.to_vec()
}

/// A PNG with a private chunk of that many odd bytes in it: too large for what is read at once.
fn large(size_bytes: usize) -> Vec<u8> {
    let png = photos::png(64, 64);
    let (start, rest) = png.split_at(8 + 25); // signature and IHDR
    let noise: Vec<u8> = (0..size_bytes).map(|n| u8::try_from((n * 31 + n / 251) % 256).unwrap()).collect();
    let mut crc = flate2::Crc::new();
    crc.update(b"prIv");
    crc.update(&noise);
    let length = u32::try_from(size_bytes).unwrap().to_be_bytes();
    [start, &length, b"prIv", &noise, &crc.sum().to_be_bytes(), rest].concat()
}

/// The file of that field, as Rails got it; the imitation got the same one.
async fn arrives(pair: &mut Pair, target: &Target, field: &str, sample: &[u8], file_name: &str) -> Vec<u8> {
    let body = body(target, &[(field, sample)], file_name);
    let arrived = pair.send(target.path, Some(MULTIPART), &body).await;
    let arrived = arrived.unwrap_or_else(|| panic!("{field} {file_name} was refused by {}", target.path));
    let file = target.field(&arrived.by_rails.body_params, field);
    let received = content(file);
    assert_eq!(file["<file>"]["size_bytes"], received.len());
    let [recorded] = arrived.by_mock.files.as_slice() else {
        panic!("{} files", arrived.by_mock.files.len())
    };
    assert_eq!(file["<file>"]["sha256"], Value::from(recorded.sha256.clone()));
    let name = file["<file>"]["filename"].as_str().unwrap();
    assert!(name.starts_with("upload."), "the client's own name went on: {name}");
    received
}

#[tokio::test]
async fn photos_reach_real_rails_byte_for_byte_but_for_their_position() {
    let mut pair = Pair::start().await;
    for target in TARGETS {
        for field in target.photos {
            for (number, (kind, sample)) in photos::SAMPLES.into_iter().enumerate() {
                let name = FILE_NAMES[number % FILE_NAMES.len()];
                let received = arrives(&mut pair, target, field, sample, name).await;
                assert_position_is_blanked(sample, &received);
                let clean = blanked(sample);
                assert!(received == clean, "{kind} changed beside its position");
                let again = arrives(&mut pair, target, field, &clean, name).await;
                assert!(again == clean, "{kind} without a position changed");
            }
            for size_bytes in [100_000, 3_000_000] {
                let sample = large(size_bytes);
                let received = arrives(&mut pair, target, field, &sample, "large.png").await;
                assert!(received == sample, "{size_bytes} bytes changed");
            }
        }
    }
}

#[tokio::test]
async fn two_photos_of_one_request_keep_their_places() {
    let mut pair = Pair::start().await;
    for target in TARGETS.iter().filter(|target| target.photos.len() > 1) {
        let files: Vec<(&str, Vec<u8>)> = target
            .photos
            .iter()
            .zip(photos::SAMPLES)
            .map(|(field, (_, sample))| (*field, blanked(sample)))
            .collect();
        let parts: Vec<(&str, &[u8])> =
            files.iter().map(|(field, bytes)| (*field, bytes.as_slice())).collect();
        let arrived = pair.send(target.path, Some(MULTIPART), &body(target, &parts, "a")).await.unwrap();
        for (field, bytes) in &files {
            assert!(content(target.field(&arrived.by_rails.body_params, field)) == *bytes, "{field} changed");
        }
    }
}
