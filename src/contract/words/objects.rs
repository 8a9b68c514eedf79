//! Examples of objects.

use serde_json::{Value, json};

pub(super) fn prompt() -> Value {
    json!({
        "id": 123, "tune_id": 1_504_944, "text": "a lighthouse at dawn", "negative_prompt": null, "num_images": 2,
        "images": [], "cost_mc": 0, "user_error": null, "w": null, "h": null, "seed": null, "steps": null,
        "eta": "2026-11-22T02:00:30Z", "started_training_at": null, "trained_at": null,
        "created_at": "2026-11-22T02:00:00Z", "updated_at": "2026-11-22T02:00:00Z", "liked": false,
        "url": "https://images.example.com/tunes/1504944/prompts/123.json",
    })
}

pub(super) fn finished_prompt() -> Value {
    let mut prompt = prompt();
    for (name, value) in [
        (
            "images",
            json!([
                "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/1.jpg?a=k&e=1795226400&s=…",
                "https://images.example.com/rails/active_storage/blobs/redirect/eyJfcmFpbHMi--0a1b/2.jpg?a=k&e=1795226400&s=…",
            ]),
        ),
        ("trained_at", json!("2026-11-22T02:00:21Z")),
        ("cost_mc", json!(11_600)),
    ] {
        crate::contract::params::set(&mut prompt, name, value);
    }
    prompt
}

pub(super) fn tune() -> Value {
    json!({
        "id": 7, "title": "my face", "name": "woman", "token": "ohwx", "branch": "flux1", "model_type": "lora",
        "base_tune_id": 1_504_944, "orig_images": [], "cost_mc": 150_000, "eta": "2026-11-22T02:20:00Z",
        "started_training_at": null, "trained_at": null, "expires_at": null,
        "created_at": "2026-11-22T02:00:00Z", "updated_at": "2026-11-22T02:00:00Z",
        "url": "https://images.example.com/tunes/7.json",
    })
}

pub(super) fn shared_tune() -> Value {
    json!({
        "id": 1_504_944, "title": "Flux1.dev", "branch": "flux1", "trained_at": "2024-08-01T00:00:00Z",
        "url": "https://images.example.com/tunes/1504944.json",
    })
}

pub(super) fn pack() -> Value {
    json!({
        "id": 260, "slug": "corporate-headshots", "title": "Corporate Headshots", "base_tune_id": 1_504_944,
        "costs": { "woman": { "cost_mc": 450_000, "num_images": 32 } },
        "template_prompts": [{ "id": 9001 }, { "id": 9002 }],
    })
}
