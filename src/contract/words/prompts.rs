//! Prompts, likes, themes.

use serde_json::{Value, json};

use super::objects::{finished_prompt, prompt};
use crate::config::Config;
use crate::contract::described::{Described, Success, empty, json as json_reply, operation};
use crate::contract::params::{id, reference};
use crate::operation::Operation;
use crate::problem::Code;

const TAG: &str = "Prompts";

pub(super) fn operations(config: &Config) -> Vec<Described> {
    let replies = &config.replies;
    let on_tune = operation(
        ("POST", "/tunes/{tune_id}/prompts"),
        "createPromptOnTune",
        TAG,
        "Make pictures on a tune",
        "On a tune of your own or a shared one. The answer comes at once, without pictures: listen to `GET /gateway/events`, \
         or ask for the prompt again.",
    )
    .params_without(
        Operation::CreatePrompt,
        "PromptCreateOnTune",
        &["tune_id"],
        json!({ "prompt": { "text": "a lighthouse at dawn", "num_images": 2 } }),
    )
    .replies(json_reply(201, "It is being made.", reference("Prompt"), prompt()));
    let at_root = operation(
        ("POST", "/prompts"),
        "createPrompt",
        TAG,
        "Make pictures",
        "On a tune of your own or a shared one, which the body names. The answer comes at once, without pictures: listen to `GET \
         /gateway/events`, or ask for the prompt again.",
    )
    .params(
        Operation::CreatePrompt,
        "PromptCreate",
        json!({ "prompt": { "tune_id": 1_504_944, "text": "a lighthouse at dawn", "num_images": 2 } }),
    )
    .replies(json_reply(201, "It is being made.", reference("Prompt"), prompt()));
    let list = filters(operation(
        ("GET", "/prompts"),
        "listPrompts",
        TAG,
        "List your prompts",
        "Newest first, from the gateway's own index. What is not finished is looked at anew.",
    ));
    let of_tune = filters(operation(
        ("GET", "/tunes/{tune_id}/prompts"),
        "listPromptsOfTune",
        TAG,
        "List your prompts on a tune",
        "Of a shared tune, only your own.",
    ));
    let get = operation(("GET", "/prompts/{id}"), "getPrompt", TAG, "Look at a prompt", "As it is now.")
        .replies(json_reply(200, "The prompt.", reference("Prompt"), finished_prompt()))
        .also(&[Code::StoreUnavailable]);
    let delete = operation(
        ("DELETE", "/prompts/{id}"),
        "deletePrompt",
        TAG,
        "Delete a prompt",
        "With its pictures, for good.",
    )
    .replies(done(replies.delete_prompt_status, "It is deleted."))
    .also(&[Code::StoreUnavailable]);
    let like =
        operation(("POST", "/prompts/{id}/likes"), "likePrompt", TAG, "Like a prompt", "Twice is as once.")
            .replies(done(replies.like_status, "You like it."))
            .also(&[Code::StoreUnavailable]);
    let unlike = operation(
        ("DELETE", "/prompts/{id}/likes"),
        "unlikePrompt",
        TAG,
        "Like a prompt no more",
        "Twice is as once.",
    )
    .replies(done(replies.like_status, "You like it no more."))
    .also(&[Code::StoreUnavailable]);
    vec![
        at_root,
        on_tune,
        list,
        of_tune,
        get.also_at(("GET", "/tunes/{tune_id}/prompts/{id}"), "getPromptOfTune").not_deprecated(),
        delete.also_at(("DELETE", "/tunes/{tune_id}/prompts/{id}"), "deletePromptOfTune").not_deprecated(),
        get,
        delete,
        duplicate(),
        like.also_at(("POST", "/prompts/{id}/like"), "likePromptAtLike"),
        unlike.also_at(("DELETE", "/prompts/{id}/like"), "unlikePromptAtLike"),
        like,
        unlike,
        theme(config),
    ]
}

fn duplicate() -> Described {
    operation(
        ("POST", "/prompts/{id}/duplicate"),
        "duplicatePrompt",
        TAG,
        "Make a prompt once more",
        "Your own, with changes if you send any. What the original with the changes asks for must fit your plan.",
    )
    .params(
        Operation::DuplicatePrompt,
        "PromptDuplicate",
        json!({ "prompt": { "num_images": 4 } }),
    )
    .replies(json_reply(201, "It is being made.", reference("Prompt"), prompt()))
}

fn theme(config: &Config) -> Described {
    operation(
        ("POST", "/themes"),
        "createTheme",
        TAG,
        "Make ten prompts of a theme",
        "On each of your own tunes that you name. They appear in the list of its prompts after a while.",
    )
    .params(
        Operation::CreateTheme,
        "ThemeCreate",
        json!({ "theme": { "theme": "a week at the sea", "tune_ids": [7], "prompt_attributes": { "num_images": 2 } } }),
    )
    .replies(empty(config.replies.theme_status, "It is being made."))
}

/// A message where the status is 200, else nothing.
pub(super) fn done(status: u16, words: &'static str) -> Success {
    match status {
        200 => {
            json_reply(200, words, reference("Message"), json!({ "message": "Prompt successfully deleted" }))
        }
        other => empty(other, words),
    }
}

/// The query that all lists have.
pub(super) fn pages(list: Described) -> Described {
    let count =
        |least: u64| json!({ "type": "integer", "minimum": least, "maximum": 999_999_999_999_999_999_u64 });
    let limit: Value = json!({ "type": "integer", "minimum": 1, "default": 20 });
    list.query("limit", limit, "Objects of a page; more than 120 are 120.")
        .query("offset", count(0), "Objects to leave out.")
        .query("page", count(1), "A page by its number, from 1.")
        .query(
            "before_id",
            count(1),
            "Only what is older than this one: the way to go on while new ones come.",
        )
}

fn filters(list: Described) -> Described {
    let flag = || json!({ "type": "boolean" });
    pages(list)
        .query("text", json!({ "type": "string" }), "Part of the text.")
        .query("tune_id", reference("TuneRef"), "On this tune.")
        .query("pack_id", id(), "Made by a run of this pack.")
        .query("base_pack_id", id(), "Made by a run of a pack that is based on this one.")
        .query("liked", flag(), "Liked, or not.")
        .query("is_video", flag(), "Videos, or not.")
        .query("is_api", flag(), "Made through the API, or not.")
        .query("today", flag(), "Made today, in the operator's time zone.")
        .replies(json_reply(
            200,
            "The prompts, newest first.",
            json!({ "type": "array", "items": reference("Prompt") }),
            json!([finished_prompt()]),
        ))
        .also(&[Code::StoreUnavailable, Code::NotFound])
}
