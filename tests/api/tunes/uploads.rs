//! Twenty photos of a tune lie on disk while they are in flight, and arrive in their order, without their positions.

use std::time::Duration;

use mock_astria::{Fault, FaultRule};

use super::super::harness::{eventually, photos};
use super::super::inspect::{assert_position_is_blanked, bytes_of};
use super::super::objects::open;

/// A photo of any size: what stands behind its end is looked at like the rest.
fn photo(size_bytes: usize) -> Vec<u8> {
    let mut photo = photos::SAMPLES[0].1.to_vec();
    photo.resize(size_bytes, 0x55);
    photo
}

#[tokio::test]
async fn mp_01_mp_08_twenty_photos_of_a_tune_are_spooled_and_arrive_in_order_without_their_positions() {
    let gw = open()
        .config(|config| {
            config.photos.max_bytes = 160_000;
            config.limits.bodies_in_flight_bytes = 1_500_000;
            config.limits.bodies_in_flight_bytes_per_user = 1_500_000;
        })
        .start()
        .await;
    let photos: Vec<Vec<u8>> = (0..20).map(|n| photo(150_000 + n)).collect();
    let files: Vec<(&str, &[u8])> = photos.iter().map(|photo| ("tune[images][]", photo.as_slice())).collect();
    let fields =
        [("tune[title]", "me"), ("tune[name]", "man"), ("tune[prompts_attributes][0][text]", "a cat")];
    gw.mock.inject(FaultRule::new(Fault::Delay(Duration::from_millis(300))).method("POST").path("/tunes"));
    let (user, state) = (gw.user("a"), gw.state());

    let (reply, ()) = tokio::join!(user.post_multipart("/tunes", &fields, &files), async {
        eventually("the call upstream", || gw.own_account().upstream.reading().in_flight == 1).await;
        assert!(state.spool.room().used_bytes() >= 3_000_000, "{}", state.spool.room().used_bytes());
        assert!(state.bodies.used_bytes() < 700_000, "{}", state.bodies.used_bytes());
    });

    assert_eq!(reply.ok()["title"], "me");
    assert_eq!((state.bodies.refused(), state.bodies.used_bytes()), (0, 0));
    eventually("the files are gone", || state.spool.room().used_bytes() == 0).await;
    let sent = &gw.mock.requests()[0];
    assert_eq!(sent.files.len(), 20);
    for (original, file) in photos.iter().zip(&sent.files) {
        assert_eq!((file.name.as_str(), file.filename.as_str()), ("tune[images][]", "upload.jpg"));
        assert_position_is_blanked(original, &bytes_of(file));
    }
    assert_eq!(sent.params["tune"]["prompts_attributes"]["0"]["text"], "a cat", "{}", sent.params);
}

#[tokio::test]
async fn mp_01_a_packs_training_spools_its_photos_too() {
    let gw = open().start().await;
    let photos: Vec<Vec<u8>> = (0..6).map(|n| photo(150_000 + n)).collect();
    let files: Vec<(&str, &[u8])> = photos.iter().map(|photo| ("tune[images][]", photo.as_slice())).collect();

    let reply = gw
        .user("a")
        .post_multipart("/p/260/tunes", &[("tune[title]", "me"), ("tune[name]", "man")], &files)
        .await;

    assert_eq!(reply.ok()["title"], "me");
    let sent = gw.mock.requests().pop().unwrap();
    assert_eq!((sent.path.as_str(), sent.files.len()), ("/p/260/tunes", 6));
    for (original, file) in photos.iter().zip(&sent.files) {
        assert_position_is_blanked(original, &bytes_of(file));
    }
}
