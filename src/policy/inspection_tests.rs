use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::prompt_tests::{PHOTO, parsed, permissions, rules, sent};
use super::*;
use crate::params::{Params, Value, encode};

fn multipart(parts: &[(&str, &[u8])]) -> Params {
    let mut body = Vec::new();
    for (disposition, content) in parts {
        body.extend_from_slice(
            format!("--X\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--X--\r\n");
    parsed("multipart/form-data; boundary=X", &body)
}

fn judge(params: Params, rules: &PolicyRules) -> Result<JudgedInspection, PolicyError> {
    judge_inspection(params, rules, &PlanRules::new(&BTreeSet::new()))
}

#[test]
fn an_inspection_has_no_free_form_for_a_sandbox() {
    let none = BTreeSet::new();
    let plan = PlanRules { is_sandbox: true, ..PlanRules::new(&none) };
    let body = json!({"name": "man", "file_url": "https://a.example/a.jpg"});
    let outcome = judge_inspection(json_params(&body), &rules(), &plan);
    assert!(matches!(outcome, Err(PolicyError::NoFreeForm)), "{outcome:?}");
}

fn json_params(body: &serde_json::Value) -> Params {
    parsed("application/json", body.to_string().as_bytes())
}

#[test]
fn the_documented_browser_sample_is_sent_without_its_token() {
    let params = multipart(&[
        ("name=\"authenticity_token\"", b"secret"),
        ("name=\"name\"", b"woman"),
        ("name=\"file\"; filename=\"me.jpg\"", PHOTO),
    ]);
    let judged = judge(params, &rules()).unwrap();
    assert_eq!(judged.dropped, ["authenticity_token"]);
    assert_eq!(judged.params.root.keys().collect::<Vec<_>>(), ["name", "file"]);
    let text = String::from_utf8_lossy(&encode(&judged.params).concat()).into_owned();
    assert!(!text.contains("secret") && !text.contains("me.jpg"), "{text}");
}

#[test]
fn param_02_a_photo_by_url_is_judged() {
    let judged = judge(json_params(&json!({"name": "man", "file_url": "https://a.example/a.jpg"})), &rules());
    assert_eq!(sent(&judged.unwrap().params), json!({"name": "man", "file_url": "https://a.example/a.jpg"}));
    let outcome =
        judge(json_params(&json!({"name": "man", "file_url": "https://169.254.169.254/"})), &rules());
    assert!(matches!(outcome, Err(PolicyError::Invalid(errors)) if errors.0.contains_key("file_url")));
}

#[test]
fn an_inspection_needs_a_name_and_exactly_one_photo() {
    let url = "https://a.example/a.jpg";
    for (body, field) in [
        (json!({}), "name"),
        (json!({}), "file"),
        (json!({"name": " ", "file_url": url}), "name"),
        (json!({"name": ["man"], "file_url": url}), "name"),
        (json!({"name": "man\r\nX: y", "file_url": url}), "name"),
        (json!({"name": "man --video", "file_url": url}), "name"),
        (json!({"name": "man"}), "file"),
        (json!({"name": "man", "file": "text"}), "file"),
    ] {
        match judge(json_params(&body), &rules()) {
            Err(PolicyError::Invalid(errors)) => assert!(errors.0.contains_key(field), "{body}: {errors:?}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let both = multipart(&[
        ("name=\"name\"", b"man"),
        ("name=\"file\"; filename=\"a\"", PHOTO),
        ("name=\"file_url\"", url.as_bytes()),
    ]);
    assert!(matches!(judge(both, &rules()), Err(PolicyError::Invalid(_))));
}

#[test]
fn a_file_that_is_no_photo_is_refused() {
    let params = multipart(&[("name=\"name\"", b"man"), ("name=\"file\"; filename=\"a.jpg\"", b"%PDF-1.7")]);
    assert!(matches!(judge(params, &rules()), Err(PolicyError::Photo(_))));
}

#[test]
fn an_operator_may_add_a_parameter_but_no_forbidden_one() {
    let extra = ["detail", "callback", "workspace_id", "a[b]", "_method"].map(str::to_owned).to_vec();
    let rules = PolicyRules { extra_params: BTreeMap::from([(Operation::InspectImage, extra)]), ..rules() };
    let body = json!({"name": "man", "file_url": "https://a.example/", "detail": 2, "callback": "x", "workspace_id": 1, "_method": "delete"});
    let judged = judge(json_params(&body), &rules).unwrap();
    assert_eq!(judged.params.get("detail"), Some(&Value::Number(2.into())));
    assert_eq!(judged.params.root.len(), 3);
    assert_eq!(BTreeSet::from_iter(judged.dropped), permissions(&["callback", "workspace_id", "_method"]));
}
