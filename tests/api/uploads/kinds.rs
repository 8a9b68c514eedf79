//! What an upload may be, and what of it goes on.

use super::super::harness::{photos, spawn_gateway};
use super::super::inspect::bytes_of;

const INSPECT: &str = "/images/inspect";

#[tokio::test]
async fn mp_05_mp_06_preamble_epilogue_and_the_clients_names_stay_here() {
    let gw = spawn_gateway().start().await;
    let photo = photos::png(8, 8);
    let body = [
        b"evil-preamble\r\n--X\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nman\r\n".as_slice(),
        b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../evil.php\"\r\n",
        b"Content-Type: text/html\r\nX-Evil: evil\r\n\r\n",
        &photo,
        b"\r\n--X--\r\nevil\r\n--X\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nwoman\r\n--X--\r\n",
    ]
    .concat();

    gw.user("first").post(INSPECT, "multipart/form-data; boundary=X", body).await.ok();

    let sent = &gw.mock.requests()[0];
    assert_eq!(sent.params["name"], "man");
    let [file] = sent.files.as_slice() else { panic!("{} files", sent.files.len()) };
    assert_eq!((file.filename.as_str(), file.content_type.as_deref()), ("upload.png", Some("image/png")));
    assert_eq!(bytes_of(file), photo);
    let announced: usize = sent.headers["content-length"].parse().unwrap();
    // Two heads of ours, two boundaries and the photo: no room for anything more.
    assert!(announced < photo.len() + 450, "{announced}");
    assert!(!sent.headers["content-type"].contains("boundary=X"));
    assert!(!format!("{sent:?}").contains("evil"));
}

#[tokio::test]
async fn mp_07_a_picture_of_a_gibi_pixel_is_judged_by_its_header_and_never_decoded() {
    let gw = spawn_gateway().start().await;
    let bomb = photos::png(32 * 1024, 32 * 1024);
    let reply = gw.user("first").post_multipart(INSPECT, &[("name", "man")], &[("file", &bomb)]).await;
    reply.problem(422, "photo_refused");
    assert!(gw.mock.requests().is_empty());

    // Where the operator allows that many, it passes: nobody here unpacks it.
    let gw = spawn_gateway().config(|c| c.photos.max_pixels = 1 << 30).start().await;
    let user = gw.user("first");
    user.post_multipart(INSPECT, &[("name", "man")], &[("file", &photos::png(8, 8))]).await.ok();
    let before = resident_bytes();
    user.post_multipart(INSPECT, &[("name", "man")], &[("file", &bomb)]).await.ok();
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown} bytes more");
}

/// Of this process.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
