use proptest::prelude::*;

use super::judge::Findings;
use super::look_alike::Folded;
use super::prompt_tests::{permissions, rules, using};
use super::text::Refusal;
use super::*;
use crate::ownership::References;

#[derive(Debug, PartialEq)]
enum Verdict {
    Passes(Vec<&'static str>),
    Names(References),
    Invalid,
    Forbidden(String),
}

fn judge(text: &str, allowed: &[&str]) -> Verdict {
    let allowed = permissions(allowed);
    let mut found = Findings::default();
    match text::judge(text, &rules(), &PlanRules::new(&allowed), &mut found) {
        Ok(()) if found.names == using(&[]) => Verdict::Passes(found.asks.granted),
        Ok(()) => Verdict::Names(found.names),
        Err(Refusal::Message(_)) => Verdict::Invalid,
        Err(Refusal::Hard(PolicyError::PlanForbids { param })) => Verdict::Forbidden(param),
        Err(Refusal::Hard(other)) => panic!("{other:?}"),
    }
}

#[test]
fn ordinary_texts_pass() {
    for text in [
        "a painting of ohwx man in the style of Van Gogh",
        "<1> man, 85mm f/1.4 - golden hour -- soft light",
        "portrait — close-up—warm, 1990–1995, low-key, black-and-white",
        "你好——世界, ein Café, naïve, a < b, <3, 3 > 2, (red:1.2), [a|b]",
        "camera flora: tulips, explora:3 days, the lora of the land, <lorax> token",
        "x < y: z, <a man: red>, one < two and three: four",
        "{{eye_color}} eyes, a {{hair_color}}-haired woman, {name}",
        "----------",
        "a -- b",
        "ends with --",
        "👨‍👩‍👧 family, e\u{301}te\u{301}",
        "",
    ] {
        assert_eq!(judge(text, &[]), Verdict::Passes(vec![]), "{text}");
    }
}

#[test]
fn l_03_exact_references_are_collected_whoever_owns_them() {
    for (text, ids) in [
        ("<lora:1504944:0.8> a", &[1_504_944][..]),
        ("a <faceid:1504944>", &[1_504_944]),
        ("<lora:7:1><lora:1504944:.5>", &[7, 1_504_944]),
        ("<faceid:7:-0.5>", &[7]),
        ("<lora:2:1>", &[2]),
        ("ok <lora:1504944:1> <faceid:2>", &[2, 1_504_944]),
        ("<lora:film-look:1> <lora:9999999999999999999:1>", &[9_999_999_999_999_999_999]),
    ] {
        assert_eq!(judge(text, &[]), Verdict::Names(using(ids)), "{text}");
    }
    for text in ["<lora:film-look:1> x", "<lora:film-look>"] {
        assert_eq!(judge(text, &[]), Verdict::Passes(vec![]), "{text}");
    }
}

#[test]
fn l_03_what_only_looks_like_a_reference_is_refused() {
    for text in [
        "<lora:other-name:1>",
        "<lora:01504944:1>",
        "<lora:1504944:x>",
        "<lora:1504944:1:2>",
        "<lora:1504944:1",
        "<lora:1504944 :1>",
        "< lora:2:1>",
        "<lora :2:1>",
        "<lora: 2:1>",
        "<LORA:2:1>",
        "<Faceid:2>",
        "<lo\u{200b}ra:2:1>",
        "<\u{feff}lora:2:1>",
        "<lora\u{ad}:2:1>",
        "＜lora:2:1＞",
        "<ｌｏｒａ：2:1>",
        "‹lora:2:1›",
        "⟨lora:2:1⟩",
        "<lоra:2:1>",
        "<lora∶2:1>",
        "<lora：1504944:1>",
        "<lora:１504944:1>",
        "<\u{1d425}ora:2:1>",
        "<f a c e i d:2>",
        "<lora\n:2>",
        "<lora>",
        "<lora",
        "<lora:>",
        "<lora::1>",
        "<lora:1504944:>",
        "<lora:1504944,2:1>",
        "<lora:1504944|2:1>",
        "<lora:<lora:2:1>:1>",
        "<lora:{{x}}:1>",
        "<lora:+2:1>",
        "<lora:0x2:1>",
        "<faceid:2abc>",
        "<lyco:2:1>",
        "<hypernet:x:1>",
        "lora:2:1",
        "(faceid : 2)",
        "&lt;lora:2:1&gt;",
        "[lora:2:1]",
        "<lora/:2:1>",
        "<İd:1>",
        "<lor\u{301}a:2:1>",
        "<lora:1504944:1e9>",
        "<lora:1504944:99999999999>",
        "<lora:-1:1>",
    ] {
        assert_eq!(judge(text, &[]), Verdict::Invalid, "{text}");
    }
}

const PAID: [(&str, &str, &str); 12] = [
    ("--video", "video_model", "prompt[video_model]"),
    ("--video_model kling", "video_model", "prompt[video_model]"),
    ("--video_prompt \"it moves\"", "video_model", "prompt[video_prompt]"),
    ("--duration 10", "video_model", "prompt[video_duration]"),
    ("--duration=10 more", "video_model", "prompt[video_duration]"),
    ("--upscale_v4", "upscale_v4", "prompt[upscale_v4]"),
    ("--tiled_upscale", "tiled_upscale", "prompt[tiled_upscale]"),
    ("--tiled_upscale_v2", "tiled_upscale_v2", "prompt[tiled_upscale_v2]"),
    ("--only_upscale", "only_upscale", "prompt[only_upscale]"),
    ("--multi", "multi", "prompt[multi]"),
    ("--outpaint", "outpaint", "prompt[outpaint]"),
    ("--outpaint_top 100", "outpaint", "prompt[outpaint]"),
];

#[test]
fn l_02_a_known_flag_needs_the_plans_permission() {
    for (flag, permission, param) in PAID {
        for text in [flag.to_owned(), format!("a cat {flag}"), format!("a cat\n{flag}\nb")] {
            assert_eq!(judge(&text, &[]), Verdict::Forbidden(param.to_owned()), "{text}");
            assert_eq!(judge(&text, &[permission]), Verdict::Passes(vec![permission]), "{text}");
        }
    }
}

#[test]
fn l_02_a_duration_is_range_checked() {
    for text in [
        "--duration",
        "--duration 0",
        "--duration 16",
        "--duration 5s",
        "--duration -5",
        "--duration 5 --duration 100",
        "--duration five",
        "--duration 99999999999999999999",
    ] {
        assert_eq!(judge(text, &["video_model"]), Verdict::Invalid, "{text}");
    }
}

#[test]
fn l_02_unknown_and_inexact_flags_are_refused_whatever_the_plan() {
    let all = [
        "video_model",
        "upscale_v4",
        "tiled_upscale",
        "tiled_upscale_v2",
        "only_upscale",
        "multi",
        "outpaint",
        "community",
    ];
    for text in [
        "--num_images 8",
        "a --seed 1",
        "--steps 50",
        "--ar 16:9",
        "--text x",
        "--callback x",
        "--workspace_id 1",
        "--foo",
        "a man--tall",
        "a--video",
        "---video",
        "--Video",
        "--VIDEO",
        "--video_",
        "--video.",
        "(--video)",
        "\"--video\"",
        "--video-model x",
        "--upscale-v4",
        "--vid",
        "\u{2d}\u{200b}-video",
        "-\u{ad}-video",
        "--\u{200d}video",
        "--vi\u{200b}deo",
        "\u{2010}\u{2010}video",
        "–-video",
        "−−video",
        "﹣﹣video",
        "－－video",
        "—video",
        "a—upscale_v4",
        "―video",
        "⸺video",
        "﹘multi",
        "-—video",
        "──video",
        "--ｖideo",
        "--vidеo",
        "--\u{1d42f}ideo",
        "\u{feff}--video",
        "--upſcale_v4",
        "-\u{e0020}-video",
        "-\u{301}-video",
        "--é",
        "--_video",
        "—num_images 8",
    ] {
        assert_eq!(judge(text, &all), Verdict::Invalid, "{text}");
    }
}

#[test]
fn templates_that_could_complete_a_reference_or_a_flag_are_refused() {
    for text in [
        "<{{a}}>",
        "<lora:{{a}}:1>",
        "<x{{a}}>",
        "<{{a}}",
        "-{{a}}",
        "--{{a}}",
        "—{{a}}",
        "-\u{200b}{{a}}",
        "＜{{a}}",
        "-｛｛a｝｝",
        "{{a}}{{b}}",
        "{{a}}-video",
        "{{a}}--video",
        "{{a}}–only_upscale",
        "{{a}}-num_images 8",
    ] {
        assert_eq!(judge(text, &["video_model"]), Verdict::Invalid, "{text}");
    }
}

const DASHES: &str = "[-\u{2010}-\u{2015}\u{2212}\u{ff0d}\u{fe58}\u{fe63}\u{2e3a}]{1,4}";
const UNSEEN: &str = "[\u{200b}-\u{200f}\u{2060}\u{feff}\u{ad}\u{fe0f}\u{e0001}]{0,3}";

proptest! {
    #[test]
    fn no_spelling_lets_a_known_flag_through(
        (flag, _, _) in prop::sample::select(PAID.to_vec()),
        before in "(|a |a|\n)",
        dashes in DASHES,
        unseen in UNSEEN,
        at in 0_usize..16,
        upper in any::<bool>(),
    ) {
        let word = flag.trim_start_matches('-');
        let word = if upper { word.to_uppercase() } else { word.to_owned() };
        let mut marked = format!("{dashes}{word}");
        let at = marked.char_indices().map(|(at, _)| at).nth(at % marked.chars().count()).unwrap_or(0);
        marked.insert_str(at, &unseen);
        let weight: usize = dashes.chars().map(|c| if "\u{2014}\u{2015}\u{fe58}\u{2e3a}".contains(c) { 2 } else { 1 }).sum();
        let verdict = judge(&format!("{before}{marked}"), &[]);
        if weight >= 2 {
            prop_assert!(!matches!(verdict, Verdict::Passes(_)), "{:?}", marked);
        }
    }

    #[test]
    fn no_spelling_lets_a_foreign_reference_through(
        open in "[<\u{ff1c}\u{2039}\u{27e8}]", kind in "(?i)(lora|faceid)", colon in "[:\u{ff1a}\u{2236}]",
        unseen in UNSEEN, space in "[ \u{a0}\u{3000}\n]{0,2}", at in 0_usize..8,
    ) {
        let mut text = format!("{open}{space}{kind}{space}{colon}2:1>");
        let at = text.char_indices().map(|(at, _)| at).nth(at).unwrap_or(0);
        text.insert_str(at, &unseen);
        prop_assert!(!matches!(judge(&text, &[]), Verdict::Passes(_)), "{:?}", text);
    }

    #[test]
    fn no_text_makes_the_judge_panic(text in "\\PC{0,64}", odd in "[-<>:{}a\u{200b}\u{2014}loraviden_ 1]{0,40}") {
        for text in [text, odd] {
            let folded = Folded::new(&text);
            prop_assert!((0..folded.len()).all(|place| text.is_char_boundary(folded.offset(place))));
            judge(&text, &["video_model"]);
        }
    }
}

#[test]
fn what_follows_the_end_of_a_template_is_looked_at_closely() {
    assert_eq!(judge("}}-video=", &[]), Verdict::Invalid);
}

proptest! {
    #[test]
    fn l_02_a_text_that_is_not_looked_at_closely_would_have_passed(
        text in proptest::collection::vec(prop_oneof![Just("-"), Just(" "), Just(">"), Just("}"), Just("video"),
            Just("lora"), Just("1"), Just("\n"), Just("_"), Just("="), Just("outpaint")], 0..12)
    ) {
        let text = text.concat();
        let (none, mut found) = (permissions(&[]), Findings::default());
        let judged = text::judge_folded(&text, &rules(), &PlanRules::new(&none), &mut found);
        let is_silent = judged.is_ok() && found.asks.granted.is_empty() && found.names.is_empty();
        prop_assert!(!text::is_plain(&text) || is_silent, "{:?}", text);
    }
}
