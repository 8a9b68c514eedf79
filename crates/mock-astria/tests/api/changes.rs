//! Likes, and what a delete, a like and a create reply under other settings.

use mock_astria::{DeleteReply, FLUX_TUNE_ID, MockAstria, PromptReply, Settings};
use serde_json::json;

use crate::client::{delete, instant, post, post_json, start};

#[tokio::test]
async fn a_like_is_kept_and_taken_back() {
    let mock = start().await;
    let prompt = mock.seed_prompts(FLUX_TUNE_ID, 1)[0];
    let liked = || mock.object(prompt).unwrap()["liked"].clone();
    assert_eq!(liked(), false);

    for name in ["like", "likes"] {
        let answer = post(&mock, &format!("/prompts/{prompt}/{name}")).await;
        assert_eq!((answer.status, answer.body.len(), liked()), (201, 0, json!(true)), "{name}");
        let answer = delete(&mock, &format!("/prompts/{prompt}/{name}")).await;
        assert_eq!((answer.status, answer.body.len(), liked()), (201, 0, json!(false)), "{name}");
    }
    assert_eq!(post(&mock, "/prompts/9/likes").await.status, 404);
}

#[tokio::test]
async fn the_documented_replies_are_the_default() {
    let mock = start().await;
    let tune = mock.seed_tunes(1)[0];
    let prompt = mock.seed_prompts(tune, 1)[0];

    for path in [format!("/tunes/{tune}/prompts/{prompt}"), format!("/tunes/{tune}")] {
        let answer = delete(&mock, &path).await;
        assert_eq!((answer.status, answer.json()["message"].is_string()), (200, true), "{path}");
    }
}

#[tokio::test]
async fn the_replies_that_current_clients_see_are_settings() {
    let settings = Settings {
        delete_tune_reply: DeleteReply::NoContent,
        delete_prompt_reply: DeleteReply::NoContent,
        like_status: 200,
        unlike_status: 204,
        prompt_reply: PromptReply::Array,
        ..instant()
    };
    let mock = MockAstria::start(settings).await.unwrap();
    let tune = mock.seed_tunes(1)[0];

    let made = post_json(&mock, &format!("/tunes/{tune}/prompts"), &json!({"prompt": {"text": "x"}})).await;
    let id = made.json()[0]["id"].clone();

    assert_eq!((made.status, mock.object(id.as_u64().unwrap()).is_some()), (201, true));
    assert_eq!(post(&mock, &format!("/prompts/{id}/like")).await.status, 200);
    assert_eq!(delete(&mock, &format!("/prompts/{id}/like")).await.status, 204);
    for path in [format!("/prompts/{id}"), format!("/tunes/{tune}")] {
        let answer = delete(&mock, &path).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_eq!(delete(&mock, &path).await.status, 404);
    }
}
