//! Inspecting images.

use crate::client::{post_parts, send, start};

const NAME: (&str, &[u8]) = ("name=\"name\"", b"woman");

#[tokio::test]
async fn the_same_image_gets_the_same_answer_and_another_one_another() {
    let mock = start().await;
    let inspect = async |content: &[u8]| {
        let file = ("name=\"file\"; filename=\"a.jpg\"", content);
        post_parts(&mock, "/images/inspect", &[NAME, file]).await.json()
    };

    let first = inspect(b"one").await;

    assert_eq!(first, inspect(b"one").await);
    assert_ne!(first, inspect(b"two").await);
    assert_eq!(first["name"], "woman");
    assert!(first["eye_color"].is_string() && first["blurry"].is_boolean());
    assert!(first.get("debug_score").is_some(), "a field that no document names");
}

#[tokio::test]
async fn an_image_is_needed_and_a_class_too() {
    let mock = start().await;
    let file = ("name=\"file\"; filename=\"a.jpg\"", &b"one"[..]);
    let empty = ("name=\"file\"; filename=\"a.jpg\"", &b""[..]);

    for parts in [&[NAME][..], &[file], &[NAME, empty]] {
        assert_eq!(post_parts(&mock, "/images/inspect", parts).await.status, 422);
    }
    let url = ("name=\"file_url\"", &b"https://a.invalid/1.jpg"[..]);
    assert_eq!(post_parts(&mock, "/images/inspect", &[NAME, url]).await.status, 200);
    assert_eq!(send(&mock, "GET /images/inspect", &[], b"").await.status, 404);
}
