use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::prompt_tests::{json_params, permissions, rules, sent, using};
use super::tune_tests::{invalid, judge, tune};
use super::*;

#[test]
fn characteristics_are_an_object_or_its_json_and_are_sent_as_an_object() {
    let object = json!({"eye_color": "blue", "age": 30, "glasses": false, "hair": "", "none": null});
    for spelled in [object.clone(), json!(object.to_string())] {
        let judged = judge(tune(&json!({"characteristics": spelled}))).unwrap();
        let sent = sent(&judged.params)["tune"]["characteristics"].clone();
        assert_eq!(sent, json!({"eye_color": "blue", "age": 30, "glasses": false, "hair": ""}));
    }
    let many: serde_json::Map<_, _> = (0..65).map(|n| (format!("k{n}"), json!(1))).collect();
    for bad in [
        json!("not json"),
        json!("{\"a\":1,\"a\":2}"),
        json!("[1]"),
        json!([1]),
        json!(5),
        json!({"a": ["b"]}),
        json!({"a": {"b": "c"}}),
        json!("{\"a\":{\"b\":1}}"),
        json!({"A": "b"}),
        json!({"a-b": "c"}),
        json!({"a b": "c"}),
        json!({"a".repeat(65): "c"}),
        json!({"é": "c"}),
        json!({"a": "b".repeat(501)}),
        serde_json::Value::Object(many),
    ] {
        invalid(judge(tune(&json!({"characteristics": bad}))), "characteristics");
    }
}

const UNSEEN: &str = "[\u{200b}-\u{200f}\u{2060}\u{feff}\u{ad}]{0,2}";

#[test]
fn l_02_and_l_03_a_value_cannot_hold_what_completes_a_reference_a_flag_or_a_template() {
    for bad in [
        "<",
        ">",
        "a<b",
        "＜lora",
        "‹",
        "»",
        "{{x}}",
        "{",
        "}",
        "｛",
        "--video",
        "a --b",
        "–-video",
        "——",
        "—",
        "a—video",
        "-video",
        "x-",
        "-",
        "\u{2212}x",
        "-\u{200b}-",
        "lora:5:1",
        "faceid : 5",
        "x\u{ff0d}",
    ] {
        invalid(judge(tune(&json!({"characteristics": {"a": bad}}))), "characteristics");
    }
    for good in ["blue eyes", "shoulder-length", "5'9\"", "café", "青い目", "a: b", "30-40 years", "a\nb"]
    {
        assert!(judge(tune(&json!({"characteristics": {"a": good}}))).is_ok(), "{good}");
    }
}

proptest! {
    #[test]
    fn l_02_no_spelling_of_a_value_brings_a_bracket_brace_or_double_dash(
        before in "[a-z ]{0,3}", unseen in UNSEEN, after in "[a-z ]{0,3}",
        bad in "[<>{}\u{ff1c}\u{ff1e}\u{2039}\u{203a}\u{27e8}\u{ff5b}\u{ff5d}\u{2014}]|[-\u{2010}-\u{2013}\u{2212}]{2}",
    ) {
        let mut value = bad;
        let middle = value.chars().next().map_or(0, char::len_utf8);
        value.insert_str(middle, &unseen);
        let outcome = judge(tune(&json!({"characteristics": {"a": format!("{before}{value}{after}")}})));
        prop_assert!(matches!(outcome, Err(PolicyError::Invalid(_))));
    }
}

#[test]
fn l_02_a_nested_text_is_judged_again_as_it_will_read() {
    let with = |text: &str, characteristics: serde_json::Value| {
        judge(tune(&json!({"characteristics": characteristics, "prompts_attributes": [{"text": text}]})))
    };
    assert!(with("{{eyes}} eyes, {{ age }} years, {{unknown}}", json!({"eyes": "blue", "age": 30})).is_ok());
    // Each of both is sound alone.
    invalid(with("a {{k}}:5:1", json!({"k": "lora"})), "prompts_attributes[0][text]");
    assert!(with("a {{k}}:5:1", json!({"k": "flora"})).is_ok());
    assert!(judge(tune(&json!({"characteristics": {"k": "lora"}}))).is_ok());
}

#[test]
fn templates_of_a_prompt_are_judged_with_what_is_known_of_its_tune() {
    let known = Characteristics::seen(&json!({"k": "<lora:9:1>", "v": "--video", "n": 5, "l": ["x"]}));
    let none = BTreeSet::new();
    let judge = |text: &str, known: Option<&Characteristics>| {
        judge_prompt(json_params(&json!({"text": text})), Some("7"), &rules(), &PlanRules::new(&none), known)
    };
    assert_eq!(judge("{{k}} a", None).unwrap().names, using(&[7]));
    assert_eq!(judge("{{k}} a", None).unwrap().templates().collect::<Vec<_>>(), ["{{k}} a"]);
    assert_eq!(judge("{{k}} a", Some(&known)).unwrap().names, using(&[7, 9]));
    assert_eq!(judge("{{ K }} a", Some(&known)).unwrap().names, using(&[7, 9]));
    assert!(matches!(judge("{{v}}", Some(&known)), Err(PolicyError::PlanForbids { .. })));
    assert!(judge("{{n}} {{l}}", Some(&known)).is_ok());
    let as_text = Characteristics::seen(&json!("{\"k\": \"<lora:9:1>\"}"));
    assert_eq!(judge("{{k}} a", Some(&as_text)).unwrap().names, using(&[7, 9]));
}

#[test]
fn a_change_of_characteristics_is_judged_with_the_texts_that_exist() {
    let all = permissions(&["video_model"]);
    let plan = PlanRules::new(&all);
    let judge = |texts: &[&str], members: serde_json::Value| {
        judge_characteristics_for(texts, &Characteristics::seen(&members), &rules(), &plan)
    };
    assert_eq!(judge(&["a {{k}}", "plain <lora:1:1>"], json!({"k": "<lora:9:1>"})).unwrap(), using(&[9]));
    assert_eq!(judge(&["<lora:3:1> {{k}}", "--video {{k}}"], json!({"k": "blue"})).unwrap(), using(&[3]));
    invalid(judge(&["{{k}}:5:1"], json!({"k": "lora"})), "characteristics");
    invalid(judge(&["a {{k}}"], json!({"k": "--video"})), "characteristics");
}
