use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ids::TuneId;
use crate::ownership::References;
use crate::params::{Content, ParamLimits, Params, Value, encode, parse_body};

/// A picture of one pixel.
pub(super) const PHOTO: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

const SHARED: u64 = 1_504_944;

pub(super) fn rules() -> PolicyRules {
    PolicyRules {
        shared: SharedTunes::new(
            [TuneId::from_u64(SHARED)],
            BTreeMap::from([("flux".to_owned(), TuneId::from_u64(7))]),
        ),
        lora_names: BTreeSet::from(["film-look".to_owned()]),
        url_hosts: Vec::new(),
        extra_params: BTreeMap::new(),
        default_num_images: 1,
        photo: PhotoRules::default(),
    }
}

pub(super) fn permissions(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn parsed(content_type: &str, body: &[u8]) -> Params {
    parse_body(Some(content_type.as_bytes()), &Bytes::copy_from_slice(body), &ParamLimits::default()).unwrap()
}

pub(super) fn json_params(body: &serde_json::Value) -> Params {
    parsed("application/json", body.to_string().as_bytes())
}

pub(super) fn form_params(body: &str) -> Params {
    parsed("application/x-www-form-urlencoded", body.as_bytes())
}

fn judge(params: Params) -> Result<JudgedPrompt, PolicyError> {
    judge_with(params, &rules(), &[])
}

fn judge_with(params: Params, rules: &PolicyRules, allowed: &[&str]) -> Result<JudgedPrompt, PolicyError> {
    judge_prompt(params, Some("1504944"), rules, &PlanRules::new(&permissions(allowed)), None)
}

/// The permissions that enter a price.
pub(super) fn granted(priced: &Priced) -> Vec<&'static str> {
    priced.video.iter().map(|_| priced::VIDEO).chain(priced.flags.iter().copied()).collect()
}

/// What is sent, as JSON.
pub(super) fn sent(params: &Params) -> serde_json::Value {
    let body = encode(params);
    assert_eq!(body.content_type, "application/json");
    serde_json::from_slice(&body.concat()).unwrap()
}

#[track_caller]
fn invalid(outcome: Result<JudgedPrompt, PolicyError>, field: &str) {
    match outcome {
        Err(PolicyError::Invalid(errors)) => assert!(errors.0.contains_key(field), "{errors:?}"),
        other => panic!("{field}: {other:?}"),
    }
}

/// A prompt with one more parameter, judged.
fn with(name: &str, value: &serde_json::Value) -> Result<serde_json::Value, PolicyError> {
    let judged = judge(json_params(&json!({"prompt": {"text": "a cat", name: value}})))?;
    Ok(sent(&judged.params)["prompt"][name].clone())
}

#[test]
fn every_documented_parameter_goes_upstream_typed() {
    let form = "prompt[text]=a cat&prompt[negative_prompt]=old&prompt[num_images]=4&prompt[seed]=4294967296&prompt[super_resolution]=True\
        &prompt[inpaint_faces]=1&prompt[hires_fix]=false&prompt[face_correct]=0&prompt[face_swap]=true&prompt[cfg_scale]=7.5&prompt[steps]=50\
        &prompt[use_lpw]=TRUE&prompt[aspect_ratio]=16:9&prompt[w]=512&prompt[h]=768&prompt[scheduler]=dpm%2b%2bsde_karras\
        &prompt[backend_version]=1&prompt[style]=Line art&prompt[color_grading]=Ektar&prompt[film_grain]=true&prompt[controlnet]=qr\
        &prompt[denoising_strength]=0.8&prompt[controlnet_conditioning_scale]=1&prompt[controlnet_txt2img]=false&prompt[lora_scale]=0.5\
        &prompt[resolution]=2K&prompt[ar]=3:4&prompt[input_image_url]=https://a.example/a.png&prompt[mask_image_url]=https://a.example/b.png";
    let judged = judge(form_params(form)).unwrap();
    assert_eq!(judged.dropped, Vec::<String>::new());
    assert_eq!(
        (judged.tune_id, judged.priced.images, judged.priced.videos()),
        (TuneId::from_u64(SHARED), 4, 0)
    );
    assert_eq!(
        sent(&judged.params),
        json!({"prompt": {
            "text": "a cat", "negative_prompt": "old", "num_images": 4, "seed": 4_294_967_296_u64, "super_resolution": true,
            "inpaint_faces": true, "hires_fix": false, "face_correct": false, "face_swap": true, "cfg_scale": 7.5, "steps": 50,
            "use_lpw": true, "aspect_ratio": "16:9", "w": 512, "h": 768, "scheduler": "dpm++sde_karras",
            "backend_version": "1", "style": "Line art", "color_grading": "Ektar", "film_grain": true, "controlnet": "qr",
            "denoising_strength": 0.8, "controlnet_conditioning_scale": 1, "controlnet_txt2img": false, "lora_scale": 0.5,
            "resolution": "2K", "ar": "3:4", "input_image_url": "https://a.example/a.png",
            "mask_image_url": "https://a.example/b.png"
        }})
    );
}

#[test]
fn quota_07_num_images_is_always_sent() {
    let rules = PolicyRules { default_num_images: 3, ..rules() };
    for body in [
        json!({"text": "a"}),
        json!({"text": "a", "num_images": null}),
        json!({"text": "a", "num_images": ""}),
    ] {
        let judged = judge_with(json_params(&json!({ "prompt": body })), &rules, &[]).unwrap();
        assert_eq!(
            (judged.priced.images, sent(&judged.params)["prompt"]["num_images"].as_u64()),
            (3, Some(3))
        );
    }
}

#[test]
fn param_01_and_param_31_nothing_beside_the_prompt_goes_upstream() {
    let judged = judge(form_params("prompt[text]=a&file_url=x&tune_id=9&id=5&format=html")).unwrap();
    assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 1}}));
    assert_eq!(judged.dropped, ["file_url", "tune_id", "id", "format"]);
}

#[test]
fn param_04_the_last_duplicate_is_what_is_priced_and_sent() {
    let judged = judge(form_params("prompt[text]=a&prompt[num_images]=1&prompt[num_images]=8")).unwrap();
    assert_eq!((judged.priced.images, sent(&judged.params)["prompt"]["num_images"].as_u64()), (8, Some(8)));
}

#[test]
fn param_05_a_list_where_one_value_belongs_is_refused() {
    invalid(judge(form_params("prompt[text]=a&prompt[num_images][]=8")), "num_images");
    invalid(judge(form_params("prompt[text][]=a")), "text");
    invalid(judge(form_params("prompt[text]=a&prompt[w][x]=8")), "w");
}

#[test]
fn param_06_a_prompt_that_is_no_object_is_refused() {
    invalid(judge(form_params("prompt[num_images]=1&prompt=x")), "prompt");
    invalid(judge(json_params(&json!({"prompt": [{"text": "a"}]}))), "prompt");
}

#[test]
fn param_11_names_that_are_nearly_right_are_dropped() {
    let judged =
        judge(form_params("prompt[text]=a&prompt[ num_images]=8&prompt[Num_Images]=8&Prompt[w]=8")).unwrap();
    assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 1}}));
    assert_eq!(judged.dropped, ["Prompt", "prompt[ num_images]", "prompt[Num_Images]"]);
}

#[test]
fn param_12_multiparameter_names_are_dropped() {
    let judged = judge(form_params("prompt[text]=a&prompt[num_images(1i)]=8")).unwrap();
    assert_eq!(judged.dropped, ["prompt[num_images(1i)]"]);
}

const FORBIDDEN: [&str; 14] = [
    "callback",
    "prompts_callback",
    "workspace_id",
    "user_id",
    "pack_id",
    "base_pack_id",
    "authenticity_token",
    "_method",
    "utf8",
    "commit",
    "tune_id",
    "prompts_attributes",
    "prompt_attributes",
    "id",
];

#[test]
fn param_13_param_16_and_l_01_forbidden_names_never_pass_whatever_the_config() {
    let extra = FORBIDDEN.iter().flat_map(|name| [(*name).to_owned(), format!("prompt[{name}]")]).collect();
    let rules = PolicyRules { extra_params: BTreeMap::from([(Operation::CreatePrompt, extra)]), ..rules() };
    for name in FORBIDDEN {
        assert!(!may_be_added(Operation::CreatePrompt, &format!("prompt[{name}]")), "{name}");
        for value in
            [json!("x"), json!({"0": {"callback": "https://evil.example"}}), json!([{"callback": "x"}])]
        {
            let body = json!({"prompt": {"text": "a", name: value.clone()}, name: value});
            let judged = judge_with(json_params(&body), &rules, &[]).unwrap();
            assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 1}}), "{name}");
            assert_eq!(judged.dropped.len(), 2, "{name}");
        }
    }
}

#[test]
fn param_24_unwrapped_json_is_the_prompt_and_an_unwrapped_form_is_not() {
    let judged =
        judge(json_params(&json!({"text": "a", "num_images": 8, "foo": 1, "callback": "x"}))).unwrap();
    assert_eq!(sent(&judged.params), json!({"prompt": {"text": "a", "num_images": 8}}));
    assert_eq!(BTreeSet::from_iter(judged.dropped), permissions(&["foo", "callback"]));
    invalid(judge(form_params("text=a")), "text");
    invalid(judge(json_params(&json!({"text": "a", "prompt": {}}))), "text");
}

#[test]
fn param_25_whole_numbers_are_strict() {
    for odd in [
        json!("8abc"),
        json!(8.9),
        json!(8.0),
        json!("8.0"),
        json!("0x8"),
        json!(true),
        json!([8]),
        json!({"a": 8}),
        json!("１"),
        json!("08"),
        json!("+8"),
        json!("-1"),
        json!(-1),
        json!(" 8"),
        json!("8\n"),
        json!(0),
        json!(9),
        json!("1e0"),
        json!(1e30),
        json!("18446744073709551617"),
    ] {
        assert!(with("num_images", &odd).is_err(), "{odd}");
    }
    assert_eq!(with("num_images", &json!("8")).unwrap(), json!(8));
    for (name, good, bad) in [
        ("seed", json!(0), json!(4_294_967_297_u64)),
        ("steps", json!(0), json!(51)),
        ("w", json!(64), json!(65)),
        ("h", json!(4096), json!(4104)),
        ("cfg_scale", json!(15), json!(15.01)),
        ("denoising_strength", json!(0.0), json!(-0.1)),
        ("scheduler", json!("euler"), json!("Euler")),
        ("aspect_ratio", json!("1:1"), json!("1:2")),
        ("resolution", json!("4K"), json!("8K")),
        ("style", json!("Cinematic"), json!("cinematic; drop")),
    ] {
        assert_eq!(with(name, &good).unwrap(), good, "{name}");
        assert!(with(name, &bad).is_err(), "{name}: {bad}");
    }
}

#[test]
fn param_25_booleans_are_read_in_any_case_and_sent_as_booleans() {
    for (spelled, meant) in [
        (json!("True"), true),
        (json!("1"), true),
        (json!(1), true),
        (json!("FALSE"), false),
        (json!(0), false),
        (json!(false), false),
    ] {
        assert_eq!(with("face_swap", &spelled).unwrap(), json!(meant), "{spelled}");
    }
    for odd in [json!("yes"), json!("t"), json!(2), json!(1.0), json!([true]), json!("true ")] {
        assert!(with("face_swap", &odd).is_err(), "{odd}");
    }
}

#[test]
fn decimals_are_finite_and_plain() {
    assert_eq!(with("cfg_scale", &json!("7.50")).unwrap(), json!(7.5));
    for odd in ["NaN", "inf", "1e1", "-1", "+1", ".5", "5.", "0x1", "1,5", "", " 1"]
        .iter()
        .filter(|odd| !odd.is_empty())
    {
        assert!(with("cfg_scale", &json!(odd)).is_err(), "{odd}");
    }
}

#[test]
fn param_27_a_file_where_text_belongs_is_refused() {
    let body =
        b"--X\r\nContent-Disposition: form-data; name=\"prompt[text]\"; filename=\"x\"\r\n\r\n8\r\n--X--";
    invalid(judge(parsed("multipart/form-data; boundary=X", body)), "text");
    invalid(judge(form_params("prompt[text]=a&prompt[input_image]=notafile")), "input_image");
}

#[test]
fn mp_06_a_photo_goes_upstream_under_a_name_and_type_of_ours() {
    let mut body = b"--X\r\nContent-Disposition: form-data; name=\"prompt[text]\"\r\n\r\na\r\n--X\r\nContent-Disposition: form-data; \
        name=\"prompt[input_image]\"; filename=\"evil.html\"\r\nContent-Type: text/html\r\n\r\n"
        .to_vec();
    body.extend_from_slice(PHOTO);
    body.extend_from_slice(b"\r\n--X--\r\n");
    let judged = judge(parsed("multipart/form-data; boundary=X", &body)).unwrap();
    let Some(Value::File(upload)) = judged.params.get("prompt[input_image]") else { panic!("no file") };
    assert_eq!((upload.content_type, &upload.content), ("image/gif", &Content::Memory(PHOTO.into())));
    let sent = encode(&judged.params);
    let text = String::from_utf8_lossy(&sent.concat()).into_owned();
    assert!(text.contains("name=\"prompt[num_images]\"\r\n\r\n1\r\n"), "{text}");
    assert!(!text.contains("evil") && !text.contains("text/html"), "{text}");
}

#[test]
fn a_file_that_is_no_photo_is_refused() {
    let body = b"--X\r\nContent-Disposition: form-data; name=\"prompt[mask_image]\"; filename=\"x.jpg\"\r\n\r\n<svg/>\r\n--X--";
    let outcome = judge(parsed("multipart/form-data; boundary=X", body));
    assert!(matches!(outcome, Err(PolicyError::Photo(_))), "{outcome:?}");
}

/// What a request names when it uses these tunes.
pub(super) fn using(ids: &[u64]) -> References {
    let mut names = References::default();
    for id in ids {
        names.use_tune(TuneId::from_u64(*id));
    }
    names
}

#[test]
fn iso_01_what_cannot_be_the_id_of_a_tune_is_not_found_in_path_and_body() {
    let none = BTreeSet::new();
    let plan = PlanRules::new(&none);
    for path in ["0", "01", "1504944.json", "1%0a2", "@2", "", "@", "flux2", "@1504944 "] {
        let outcome = judge_prompt(form_params("prompt[text]=a"), Some(path), &rules(), &plan, None);
        assert!(matches!(outcome, Err(PolicyError::NotFound)), "{path}: {outcome:?}");
    }
    for body in [
        json!({"text": "a", "tune_id": "01504944"}),
        json!({"text": "a", "tune_id": 1504944.5}),
        json!({"text": "a", "tune_id": 0}),
        json!({"text": "a", "tune_id": "2/prompts"}),
    ] {
        let outcome = judge_prompt(json_params(&body), None, &rules(), &plan, None);
        assert!(matches!(outcome, Err(PolicyError::NotFound)), "{body}: {outcome:?}");
    }
}

#[test]
fn iso_01_every_tune_that_a_prompt_names_is_collected_wherever_it_stands() {
    let none = BTreeSet::new();
    let plan = PlanRules::new(&none);
    let judged = judge_prompt(form_params("prompt[text]=a"), Some("2"), &rules(), &plan, None).unwrap();
    assert_eq!((judged.tune_id.get(), judged.names), (2, using(&[2])));
    for tune in [json!(2), json!("2")] {
        let body =
            json!({"text": "a <lora:3:1>", "negative_prompt": "<faceid:4>, <lora:flux:1>", "tune_id": tune});
        let outcome = judge_prompt(json_params(&body), None, &rules(), &plan, None);
        assert!(matches!(outcome, Err(PolicyError::Invalid(_))), "a name inside text is none of the models");
        let body = json!({"text": "a <lora:3:1>", "negative_prompt": "<faceid:4>", "tune_id": tune});
        let judged = judge_prompt(json_params(&body), None, &rules(), &plan, None).unwrap();
        assert_eq!(judged.names, using(&[2, 3, 4]));
    }
    let video = json!({"text": "a", "video_prompt": "<faceid:5:1> walks", "video_model": "kling"});
    assert_eq!(
        judge_with(json_params(&video), &rules(), &["video_model"]).unwrap().names,
        using(&[SHARED, 5])
    );
}

#[test]
fn l_03_a_request_refers_to_64_models_at_most() {
    let text = |count: u64| (1..=count).map(|id| format!("<lora:{id}:1>")).collect::<String>();
    assert!(judge(json_params(&json!({"text": text(63)}))).is_ok(), "and the tune itself");
    invalid(judge(json_params(&json!({"text": text(64)}))), "text");
    invalid(judge(json_params(&json!({"text": text(40), "negative_prompt": text(40)}))), "negative_prompt");
}

#[test]
fn a_tune_is_named_by_id_or_by_alias() {
    let none = BTreeSet::new();
    for (tune, id) in [
        (json!(SHARED), SHARED),
        (json!("1504944"), SHARED),
        (json!("@flux"), 7),
        (json!("Flux"), 7),
        (json!(7), 7),
    ] {
        let judged = judge_prompt(
            json_params(&json!({"prompt": {"text": "a", "tune_id": tune}})),
            None,
            &rules(),
            &PlanRules::new(&none),
            None,
        );
        let judged = judged.unwrap();
        assert_eq!((judged.tune_id.get(), judged.names), (id, using(&[id])));
        assert_eq!(judged.params.get("prompt[tune_id]"), None);
        assert_eq!(judged.dropped, Vec::<String>::new());
    }
}

#[test]
fn without_a_tune_in_the_path_the_body_must_name_one() {
    let none = BTreeSet::new();
    for body in [
        "prompt[text]=a",
        "prompt[text]=a&prompt[tune_id]=",
        "prompt[text]=a&prompt[tune_id][]=7",
        "tune_id=7&prompt[text]=a",
    ] {
        invalid(judge_prompt(form_params(body), None, &rules(), &PlanRules::new(&none), None), "tune_id");
    }
}

#[test]
fn param_03_the_path_wins_over_a_tune_in_the_body() {
    let judged = judge(form_params("prompt[text]=a&prompt[tune_id]=2")).unwrap();
    assert_eq!(
        (judged.tune_id.get(), judged.dropped.as_slice()),
        (SHARED, ["prompt[tune_id]".to_owned()].as_slice())
    );
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let outcome = judge(form_params("prompt[text]= &prompt[w]=1&prompt[seed]=x"));
    let Err(PolicyError::Invalid(errors)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(errors.0.keys().collect::<Vec<_>>(), ["seed", "w", "text"]);
    assert_eq!(errors.0.get("text"), Some(&vec!["can't be blank".to_owned()]));
}

#[test]
fn l_07_what_publishes_or_films_needs_the_plans_permission() {
    for (permission, name, value) in [
        ("community", "community", json!(true)),
        ("video_model", "video_model", json!("kling-2.1")),
        ("video_model", "video_prompt", json!("it moves")),
        ("video_model", "video_duration", json!(5)),
        ("video_model", "generate_audio", json!("1")),
        ("video_model", "input_video_url", json!("https://a.example/a.mp4")),
        ("image_references", "image_reference_urls", json!(["https://a.example/a.png"])),
    ] {
        let body = json!({"prompt": {"text": "a", "num_images": 2, name: value}});
        let outcome = judge(json_params(&body));
        assert!(
            matches!(&outcome, Err(PolicyError::PlanForbids { param }) if *param == format!("prompt[{name}]")),
            "{name}: {outcome:?}"
        );
        let judged = judge_with(json_params(&body), &rules(), &[permission]).unwrap();
        assert_eq!(granted(&judged.priced), [permission]);
        assert_eq!(judged.priced.videos(), if permission == "video_model" { 2 } else { 0 });
        assert!(judged.params.get(&format!("prompt[{name}]")).is_some());
    }
    let declined = judge(form_params("prompt[text]=a&prompt[community]=false")).unwrap();
    assert_eq!((declined.params.get("prompt[community]"), granted(&declined.priced).len()), (None, 0));
}

#[test]
fn l_08_urls_are_judged_in_every_place() {
    invalid(
        judge(form_params("prompt[text]=a&prompt[input_image_url]=http://a.example/")),
        "input_image_url",
    );
    invalid(judge(form_params("prompt[text]=a&prompt[mask_image_url]=https://127.1/")), "mask_image_url");
    let body =
        json!({"prompt": {"text": "a", "image_reference_urls": ["https://a.example/", "https://[::1]/"]}});
    invalid(judge_with(json_params(&body), &rules(), &["image_references"]), "image_reference_urls");
}

#[test]
fn an_operators_addition_passes_as_a_judged_scalar() {
    let extra = ["prompt[new_thing]", "prompt[new_url]", "new_top"].map(str::to_owned).to_vec();
    let rules = PolicyRules { extra_params: BTreeMap::from([(Operation::CreatePrompt, extra)]), ..rules() };
    let body =
        json!({"prompt": {"text": "a", "new_thing": "x", "new_url": "https://a.example/"}, "new_top": 1});
    let judged = judge_with(json_params(&body), &rules, &[]).unwrap();
    assert_eq!(judged.params.get("prompt[new_thing]"), Some(&Value::Text("x".into())));
    assert_eq!(judged.dropped, ["new_top"]);
    for (name, value) in [
        ("new_thing", json!("a --video")),
        ("new_thing", json!({"callback": "x"})),
        ("new_thing", json!(["x"])),
        ("new_url", json!("https://localhost/")),
    ] {
        refused(&judge_with(json_params(&json!({"prompt": {"text": "a", name: value}})), &rules, &[]));
    }
}

#[track_caller]
fn refused(outcome: &Result<JudgedPrompt, PolicyError>) {
    assert!(matches!(outcome, Err(PolicyError::Invalid(_) | PolicyError::PlanForbids { .. })), "{outcome:?}");
}

#[test]
fn equal_prompts_are_sent_as_equal_bodies_whatever_their_order() {
    let one = judge(form_params("prompt[w]=512&prompt[text]=a&prompt[seed]=")).unwrap();
    let other = judge(json_params(&json!({"text": "a", "w": 512, "num_images": 1}))).unwrap();
    assert_eq!(encode(&one.params).segments, encode(&other.params).segments);
}

fn any_name() -> impl Strategy<Value = String> {
    let ours = prompt_params::PROMPT.iter().map(|spec| spec.name).chain(FORBIDDEN).collect::<Vec<_>>();
    prop_oneof![prop::sample::select(ours).prop_map(str::to_owned), "[a-z_]{1,8}"]
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|v| json!(v)),
        (0_u64..10).prop_map(|v| json!(v)),
        (0_u64..600).prop_map(|v| json!(v * 8)),
        (0_f64..2.0).prop_map(|v| json!(v)),
        Just(json!("https://a.example/x")),
        Just(json!("euler")),
        Just(json!("true")),
        "[a-z <:>1-]{0,12}".prop_map(|v| json!(v)),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|v| json!(v)),
            prop::collection::hash_map(any_name(), inner, 0..3).prop_map(|v| json!(v)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_judged_is_stable_and_never_holds_a_forbidden_name(
        fields in prop::collection::hash_map(any_name(), any_value(), 0..5),
        beside in prop::collection::hash_map(any_name(), any_value(), 0..3),
        photo in any::<bool>(),
    ) {
        let mut body = json!(beside);
        body["prompt"] = json!(fields);
        body["prompt"]["text"] = json!("a cat");
        let mut params = json_params(&body);
        if photo {
            params.insert("prompt[input_image]", Value::File(crate::params::Upload::unjudged(PHOTO.into())));
        }
        let allowed = ["community", "video_model", "image_references"];
        if let Ok(judged) = judge_with(params, &rules(), &allowed) {
            let first = encode(&judged.params);
            let text = String::from_utf8_lossy(&first.concat()).into_owned();
            for name in FORBIDDEN {
                let quoted = [format!("\"{name}\""), format!("[{name}]")];
                prop_assert!(!quoted.iter().any(|name| text.contains(name)), "{} in {}", name, text);
            }
            let again = judge_with(parsed(&first.content_type, &first.concat()), &rules(), &allowed).unwrap();
            prop_assert_eq!(&again.params, &judged.params);
            prop_assert_eq!(again.priced, judged.priced);
            prop_assert!(again.dropped.is_empty());
        }
    }
}
