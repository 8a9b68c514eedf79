use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Number;

use super::*;
use crate::intake::{Budget, Spool};
use crate::params::{ParamLimits, parse_body};

const ROUTE: &str = "/tunes/{tune_id}/prompts";

fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn of_tree(root: &Object) -> Fingerprint {
    let params = Params { root: root.clone(), ..Params::default() };
    now(Fingerprint::of(ROUTE, &["7"], &params)).unwrap()
}

fn read(content_type: &str, body: &str) -> Fingerprint {
    let body = Bytes::from(body.to_owned());
    let params = parse_body(Some(content_type.as_bytes()), &body, &ParamLimits::default()).unwrap();
    now(Fingerprint::of(ROUTE, &["7"], &params)).unwrap()
}

fn json(body: &str) -> Fingerprint {
    read("application/json", body)
}

fn multipart(boundary: &str, file_name: &str, photo: &str) -> Fingerprint {
    let part = |head: &str, text: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{text}\r\n")
    };
    let body = part("name=\"prompt[text]\"", "a cat")
        + &part(&format!("name=\"prompt[input_image]\"; filename=\"{file_name}\""), photo)
        + &format!("--{boundary}--\r\n");
    read(&format!("multipart/form-data; boundary={boundary}"), &body)
}

#[test]
fn idem_08_spelling_does_not_count() {
    let plain = json(r#"{"prompt": {"text": "a cat", "num_images": 1, "film_grain": true}}"#);
    for same in [
        r#"{"prompt":{"film_grain":true,"num_images":1,"text":"a cat"}}"#,
        r#"{"prompt": {"text": "a\u0020cat", "num_images": "1", "film_grain": "true"}}"#,
    ] {
        assert_eq!(json(same), plain, "{same}");
    }
    let form = "prompt[num_images]=1&prompt[text]=a+cat&prompt[film_grain]=true";
    assert_eq!(read("application/x-www-form-urlencoded", form), plain);
    assert_eq!(multipart("X", "me.jpg", "photo"), multipart("----other", "you.png", "photo"));
}

#[test]
fn idem_03_whatever_is_asked_for_counts() {
    let all = [
        json(r#"{"prompt": {"text": "a cat"}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": 1}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": 2}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": null}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": ""}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": [1]}}"#),
        json(r#"{"prompt": {"text": "a cat", "num_images": {"1": ""}}}"#),
        json(r#"{"prompt": {"text": "a cat"}, "num_images": 1}"#),
        json(r#"{"prompt": {"a": "bc"}}"#),
        json(r#"{"prompt": {"ab": "c"}}"#),
        json(r#"{"prompt": {"a": [["b"], "c"]}}"#),
        json(r#"{"prompt": {"a": [["b", "c"]]}}"#),
        json(r#"{"prompt": {"a": ["b"]}, "c": []}"#),
        json(r#"{"prompt": {"a": ["c", "b"]}}"#),
        json(r#"{"prompt": {"a": ["b", "c"]}}"#),
        json("{}"),
        multipart("X", "me.jpg", "photo"),
        multipart("X", "me.jpg", "photp"),
        multipart("X", "me.jpg", "photo "),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(!all[..at].contains(one), "number {at} is not the only one of its kind");
    }
    let params = Params::default();
    let of = |route: &str, values: &[&str]| now(Fingerprint::of(route, values, &params)).unwrap();
    let places = [
        of("/tunes", &[]),
        of("/prompts", &[]),
        of("/tunes/{id}", &["1"]),
        of("/tunes/{id}", &["2"]),
        of("/tunes/{id}", &["1", "2"]),
        of("/tunes/{id}", &["12"]),
    ];
    for (at, one) in places.iter().enumerate() {
        assert!(!places[..at].contains(one), "place {at}");
    }
}

/// Files under names of their own, at two depths.
fn tree_of(contents: [Content; 2]) -> Object {
    let [first, second] =
        contents.map(|content| Value::File(Upload { content, ..Upload::unjudged(Bytes::new()) }));
    let inner = Object::from([("image".to_owned(), first)]);
    Object::from([("z".to_owned(), Value::List(vec![second])), ("a".to_owned(), Value::Object(inner))])
}

#[tokio::test]
async fn idem_08_a_file_counts_the_same_in_memory_and_on_disk_and_each_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().into(), Budget::new(10_000_000)).unwrap();
    let contents = [vec![1_u8; CHUNK_BYTES * 2 + 7], vec![2_u8; INLINE_BYTES + 1]];
    let memory = contents.clone().map(|bytes| Content::Memory(bytes.into()));
    let mut writer = spool.create(0).await.unwrap();
    let mut spooled = Vec::new();
    for bytes in &contents {
        let from = writer.size_bytes();
        writer.write(bytes).await.unwrap();
        spooled.push(Content::Spooled(writer.part(from).await.unwrap()));
    }
    let spooled: [Content; 2] = spooled.try_into().unwrap();
    let of = async |root: Object| {
        let params = Params { root, ..Params::default() };
        Fingerprint::of(ROUTE, &["7"], &params).await.unwrap()
    };

    let in_memory = of(tree_of(memory.clone())).await;
    assert_eq!(of(tree_of(spooled)).await, in_memory);
    let [first, second] = memory;
    assert_ne!(of(tree_of([second, first.clone()])).await, in_memory, "each in the other's place");
    let mut changed = contents;
    *changed[1].last_mut().unwrap() ^= 1;
    let [_, second] = changed.map(|bytes| Content::Memory(bytes.into()));
    assert_ne!(of(tree_of([first, second])).await, in_memory);
}

#[test]
fn it_survives_the_store() {
    let print = json("{}");
    assert_eq!(Fingerprint::from_bytes(print.as_bytes()), Some(print));
    assert_eq!(Fingerprint::from_bytes(&[0; 31]), None);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-20_i64..20).prop_map(|number| Value::Number(Number::from(number))),
        "[a-c1-3]{0,3}".prop_map(Value::Text),
        vec(any::<u8>(), 0..6).prop_map(|bytes| Value::File(Upload::unjudged(bytes.into()))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            any_object_of(inner).prop_map(Value::Object)
        ]
    })
}

fn any_object_of(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Object> {
    vec(("[a-d]{1,2}", values), 0..4).prop_map(|members| members.into_iter().collect())
}

/// The same tree, every object's members in the opposite order.
fn turned(object: &Object) -> Object {
    fn value_turned(value: &Value) -> Value {
        match value {
            Value::Object(object) => Value::Object(turned(object)),
            Value::List(list) => Value::List(list.iter().map(value_turned).collect()),
            other => other.clone(),
        }
    }
    object.iter().rev().map(|(name, value)| (name.clone(), value_turned(value))).collect()
}

/// A tree as it counts: members sorted, values as text. The plainest way to say which trees are equal.
fn meaning(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(bool) => format!("text {:?}", bool.to_string()),
        Value::Number(number) => format!("text {:?}", number.to_string()),
        Value::Text(text) => format!("text {text:?}"),
        Value::File(Upload { content: Content::Memory(bytes), .. }) => format!("file {bytes:?}"),
        Value::File(_) => unreachable!(),
        Value::List(list) => format!("[{}]", list.iter().map(meaning).collect::<Vec<_>>().join(",")),
        Value::Object(object) => {
            let mut members: Vec<String> =
                object.iter().map(|(name, value)| format!("{name:?}:{}", meaning(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// One place of the tree, changed; `false` if there is no such place.
fn change(value: &mut Value, at: &mut usize) -> bool {
    let here = *at == 0;
    *at = at.wrapping_sub(1);
    match value {
        Value::List(list) if here => list.push(Value::Null),
        Value::Object(object) if here => {
            object.insert("new".into(), Value::Null);
        }
        Value::List(list) => return list.iter_mut().any(|value| change(value, at)),
        Value::Object(object) => return object.values_mut().any(|value| change(value, at)),
        _ if !here => return false,
        Value::Null => *value = Value::Text(String::new()),
        Value::Bool(bool) => *bool = !*bool,
        Value::Number(number) => *value = Value::Text(format!("{number}0")),
        Value::Text(text) => text.push('x'),
        Value::File(upload) => {
            let Content::Memory(bytes) = &upload.content else { return false };
            let mut bytes = bytes.to_vec();
            match bytes.first_mut() {
                Some(byte) => *byte ^= 1,
                None => bytes.push(0),
            }
            upload.content = Content::Memory(bytes.into());
        }
    }
    true
}

proptest! {
    #[test]
    fn idem_08_the_order_of_members_does_not_count(root in any_object_of(any_value())) {
        prop_assert_eq!(of_tree(&turned(&root)), of_tree(&root));
    }

    #[test]
    fn idem_03_every_single_change_counts(root in any_object_of(any_value()), at in 0_usize..12) {
        let mut changed = Value::Object(root.clone());
        let mut place = at;
        if change(&mut changed, &mut place) {
            let Value::Object(changed) = changed else { unreachable!() };
            prop_assert_ne!(of_tree(&changed), of_tree(&root));
        }
    }

    #[test]
    fn idem_03_two_trees_are_equal_exactly_if_they_mean_the_same(
        first in any_object_of(any_value()),
        second in any_object_of(any_value()),
    ) {
        let alike = meaning(&Value::Object(first.clone())) == meaning(&Value::Object(second.clone()));
        prop_assert_eq!(of_tree(&first) == of_tree(&second), alike);
    }

    #[test]
    fn idem_08_the_boundary_and_the_files_name_do_not_count(
        boundary in "[a-zA-Z0-9]{1,40}",
        file_name in "[a-z]{1,8}\\.(jpg|png)",
        photo in "[0-9]{0,20}",
    ) {
        prop_assert_eq!(multipart(&boundary, &file_name, &photo), multipart("X", "upload.jpg", &photo));
    }
}
