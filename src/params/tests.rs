use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn limits() -> ParamLimits {
    ParamLimits::default()
}

fn form(body: &str) -> Result<Params, ParamsError> {
    parse_body(
        Some(b"application/x-www-form-urlencoded"),
        &Bytes::copy_from_slice(body.as_bytes()),
        &limits(),
    )
}

fn json(body: &str) -> Result<Params, ParamsError> {
    parse_body(Some(b"application/json"), &Bytes::copy_from_slice(body.as_bytes()), &limits())
}

fn multipart(body: impl AsRef<[u8]>) -> Result<Params, ParamsError> {
    parse_body(Some(b"multipart/form-data; boundary=X"), &Bytes::copy_from_slice(body.as_ref()), &limits())
}

/// A multipart body of one part with these header lines.
fn part(head: &str) -> String {
    format!("--X\r\n{head}\r\n\r\n8\r\n--X--\r\n")
}

fn in_memory(segment: &Segment) -> Bytes {
    let Segment::Memory(bytes) = segment else { panic!("not in memory") };
    bytes.clone()
}

fn joined(body: &CanonicalBody) -> Bytes {
    let bytes = Bytes::from(body.concat());
    assert_eq!(bytes.len() as u64, body.size_bytes);
    bytes
}

fn read_back(body: &CanonicalBody) -> Params {
    parse_body(Some(body.content_type.as_bytes()), &joined(body), &limits()).unwrap()
}

#[test]
fn param_04_the_last_of_two_equal_names_wins() {
    let params = form("prompt[num_images]=1&prompt[num_images]=8").unwrap();
    assert_eq!(params.get("prompt[num_images]"), Some(&Value::Text("8".into())));
}

#[test]
fn param_05_a_scalar_that_becomes_a_list_is_refused() {
    assert_eq!(form("n=1&n[]=8"), Err(ParamsError::Conflict));
    assert_eq!(form("p=x&p[n]=8"), Err(ParamsError::Conflict));
}

#[test]
fn param_08_names_that_two_versions_of_rack_read_differently_are_refused() {
    for name in
        ["p[n", "p[[n]]", "[p][n]", "p]", "p[a]b", "p[a]b[c]", "p[", "]p", "p[a]]", "p[][][a]", "[]", "p[]x"]
    {
        assert!(matches!(form(&format!("{name}=8")), Err(ParamsError::Ambiguous { .. })), "{name}");
    }
}

#[test]
fn param_07_percent_encoding_counts_in_forms_and_not_in_multipart_names() {
    assert!(form("p%5Bn%5D=8").unwrap().get("p[n]").is_some());
    let params = multipart(part("Content-Disposition: form-data; name=\"p%5Bn%5D\"")).unwrap();
    assert_eq!(params.root.keys().collect::<Vec<_>>(), ["p%5Bn%5D"]);
}

#[test]
fn param_09_spaces_after_an_ampersand_are_eaten_and_others_are_not() {
    let params = form(" a=1&  p[n]=8&+b=2").unwrap();
    assert_eq!(params.root.keys().collect::<Vec<_>>(), [" a", "p", " b"]);
}

#[test]
fn param_14_a_list_that_becomes_an_object_is_refused() {
    assert_eq!(form("p[][a]=1&p[0][a]=2"), Err(ParamsError::Conflict));
    assert_eq!(form("p[0][a]=1&p[][a]=2"), Err(ParamsError::Conflict));
}

#[test]
fn param_10_a_bare_semicolon_in_a_query_is_refused() {
    assert!(matches!(parse_query("a=1;limit=9", &limits()), Err(ParamsError::Ambiguous { .. })));
    let params = parse_query("a=1%3Bb&limit=9", &limits()).unwrap();
    assert_eq!((params.get("a"), params.kind), (Some(&Value::Text("1;b".into())), ParamsKind::Query));
}

#[test]
fn param_13_elements_of_a_list_are_counted_as_rails_counts_them() {
    let params = form("t[p][][a]=1&t[p][][b]=2&t[p][][a]=3&t[p][][c][d]=4&t[p][][c][d]=5").unwrap();
    let Some(Value::List(list)) = params.get("t[p]") else { panic!("no list") };
    assert_eq!(list.len(), 3);
}

#[test]
fn param_15_a_depth_bomb_is_refused_at_the_limit() {
    let bombs = ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18), format!("{{\"a\":{}", "[".repeat(1 << 20))];
    for bomb in bombs {
        assert_eq!(json(&bomb), Err(ParamsError::TooDeep { limit: 6 }));
    }
    assert_eq!(form(&format!("a{}=1", "[b]".repeat(6))), Err(ParamsError::TooDeep { limit: 6 }));
    assert!(form(&format!("a{}=1", "[b]".repeat(5))).is_ok());
    assert!(json(r#"{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}"#).is_ok());
}

#[test]
fn ten_thousand_parameters_are_refused_in_every_encoding() {
    let many = Err(ParamsError::TooManyParams { limit: 200 });
    assert_eq!(form(&"a[]=1&".repeat(10_000)), many);
    assert_eq!(json(&format!("{{\"a\":[{}1]}}", "1,".repeat(10_000))), many);
    let one = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    assert_eq!(multipart(format!("{}--X--", one.repeat(10_000))), many);
}

#[test]
fn names_texts_and_files_are_limited() {
    let long = "a".repeat(64 * 1024 + 1);
    assert!(matches!(form(&format!("{long}=1")), Err(ParamsError::NameTooLong { .. })));
    assert!(matches!(json(&format!("{{\"{long}\":1}}")), Err(ParamsError::NameTooLong { .. })));
    assert!(matches!(form(&format!("a={long}")), Err(ParamsError::TextTooLong { .. })));
    assert!(matches!(json(&format!("{{\"a\":\"{long}\"}}")), Err(ParamsError::TextTooLong { .. })));
    let one = "--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n";
    assert_eq!(multipart(format!("{}--X--", one.repeat(33))), Err(ParamsError::TooManyFiles { limit: 32 }));
}

#[test]
fn param_18_to_20_only_three_content_types_are_read() {
    assert_eq!(body_kind(Some(b"Application/JSON; charset=\"UTF-8\"")), Ok(BodyKind::Json));
    assert_eq!(body_kind(Some(b"application/x-www-form-urlencoded;charset=utf-8")), Ok(BodyKind::Form));
    let webkit = b"multipart/form-data; boundary=----WebKitFormBoundaryAbC123";
    assert_eq!(
        body_kind(Some(webkit)),
        Ok(BodyKind::Multipart { boundary: "----WebKitFormBoundaryAbC123".into() })
    );
    let refused: [&[u8]; 16] = [
        b"",
        b"text/json",
        b"application/jsonrequest",
        b"application/json, application/x-www-form-urlencoded",
        b"application/json; charset=utf-16",
        b"application/json; charset=utf-8; charset=utf-8",
        b"application/json; x=1",
        b"application/json;",
        b"multipart/mixed; boundary=X",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b"multipart/form-data; boundary=X; boundary=X",
        b"multipart/form-data; boundary=X, boundary=Y",
        b"multipart/form-data; boundary=\"X",
        b"multipart/form-data; boundary=\"X\"Y",
        b"multipart/form-data; boundary=\"a b\"",
    ];
    for odd in refused {
        assert_eq!(
            body_kind(Some(odd)),
            Err(ParamsError::UnsupportedMediaType),
            "{}",
            String::from_utf8_lossy(odd)
        );
    }
    assert_eq!(body_kind(None), Err(ParamsError::UnsupportedMediaType));
}

#[test]
fn param_21_a_doubled_json_key_is_refused_at_any_level() {
    for body in [
        r#"{"a":1,"a":1}"#,
        r#"{"p":{"n":1,"n":8}}"#,
        r#"{"p":{"n":1,"\u006e":8}}"#,
        r#"{"p":[{"n":1,"n":8}]}"#,
    ] {
        assert_eq!(json(body), Err(ParamsError::DuplicateKey), "{body}");
    }
}

#[test]
fn param_22_json_with_comments_nan_bom_or_trailing_text_is_refused() {
    for body in [
        "{/**/}",
        "{\"a\":NaN}",
        "\u{feff}{}",
        "{} x",
        "{}{}",
        "",
        "{\"a\":1,}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
    ] {
        assert!(matches!(json(body), Err(ParamsError::InvalidJson { .. })), "{body}");
    }
}

#[test]
fn param_23_a_json_root_that_is_no_object_is_refused() {
    for body in ["[]", "\"x\"", "1", "null"] {
        assert_eq!(json(body), Err(ParamsError::RootNotObject));
    }
}

#[test]
fn param_11_nul_is_refused_in_every_name_and_value() {
    for refused in [
        form("a%00=1"),
        form("a=1%00"),
        form("a=1\0"),
        json(r#"{"a\u0000":1}"#),
        json(r#"{"a":"\u0000"}"#),
        multipart("--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\0\r\n--X--"),
    ] {
        assert_eq!(refused, Err(ParamsError::NulByte));
    }
}

#[test]
fn param_32_nulls_are_taken_out_of_lists_and_stay_elsewhere() {
    assert_eq!(form("a[]&a[]=1&b").unwrap().root, json(r#"{"a":[null,"1"],"b":null}"#).unwrap().root);
    assert_eq!(form("a[]").unwrap().get("a"), Some(&Value::List(Vec::new())));
}

#[test]
fn param_32_broken_percent_encoding_and_utf8_are_refused() {
    for body in ["a=%zz", "a=%f", "a=%", "a=%ff", "%ff=1", "a=%c0%80"] {
        assert_eq!(form(body), Err(ParamsError::InvalidEncoding), "{body}");
    }
}

#[test]
fn param_26_and_mp_02_parts_that_rails_would_name_by_accident_are_refused() {
    for head in [
        "Content-Type: text/plain",
        "Content-ID: a",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; filename=\"a\"",
        "Content-Disposition: form-data; name=a",
        "Content-Disposition: form-data; name='a'",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
        "Content-Disposition: form-data; name*=UTF-8''a",
        "Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''a",
        "Content-Disposition: form-data; name=\"a\"; filename=\"a\"; filename=\"b\"",
        "Content-Disposition: form-data; name=\"a\\\"b\"",
        "Content-Disposition: form-data; name=\"a\"; filename=\"x\\\"; name=\\\"b\"",
        "Content-Disposition: form-data; name=\"a\" x",
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"",
        "Content-Disposition: form-data;\r\n name=\"a\"",
        "Content-Disposition : form-data; name=\"a\"",
        "Content-Disposition: form-data; name=\"a\nb\"",
    ] {
        assert!(multipart(part(head)).is_err(), "{head}");
    }
}

#[test]
fn param_28_and_mp_03_nested_multipart_transfer_encodings_and_charsets_are_refused() {
    let with = |line: &str| part(&format!("Content-Disposition: form-data; name=\"a\"\r\n{line}"));
    for line in [
        "Content-Type: multipart/mixed; boundary=Z",
        "Content-Type: text/plain; charset=utf-16le",
        "Content-Type: text/plain; charset=",
        "Content-Type: text/plain\r\nContent-Type: text/plain",
        "Content-Transfer-Encoding: base64",
        "content-transfer-encoding: quoted-printable",
    ] {
        assert!(matches!(multipart(with(line)), Err(ParamsError::Multipart { .. })), "{line}");
    }
    for line in
        ["Content-Type: text/plain; charset=UTF-8", "content-transfer-encoding: binary", "Content-Length: 1"]
    {
        assert!(multipart(with(line)).is_ok(), "{line}");
    }
}

#[test]
fn param_29_and_mp_04_a_body_without_its_final_boundary_is_refused() {
    let whole = part("Content-Disposition: form-data; name=\"a\"");
    let enough = whole.len() - "\r\n".len();
    for cut in 0..enough {
        assert!(multipart(&whole[..cut]).is_err(), "cut at {cut}");
    }
    assert!(multipart(&whole[..enough]).is_ok());
    assert!(multipart(whole.replace("\r\n", "\n")).is_err());
    assert!(multipart(whole.replace("--X\r\n", "--X \r\n")).is_err());
    assert!(multipart(format!("junk{whole}")).is_err());
}

#[test]
fn mp_05_preamble_and_epilogue_reach_nobody() {
    let whole = part("Content-Disposition: form-data; name=\"a\"");
    let second = whole.replace('8', "9");
    let params = multipart(format!("preamble\r\n{whole}{second}")).unwrap();
    assert_eq!(params.get("a"), Some(&Value::Text("8".into())));
}

#[test]
fn mp_06_a_files_own_name_and_type_are_not_kept_and_its_bytes_are_not_copied() {
    let body: Bytes =
        part("Content-Disposition: form-data; name=\"f\"; filename=\"me.exe\"\r\nContent-Type: text/html")
            .into();
    let params = parse_body(Some(b"multipart/form-data; boundary=X"), &body, &limits()).unwrap();
    let Some(Value::File(upload)) = params.get("f") else { panic!("no file") };
    assert_eq!((upload.content_type, upload.file_name), ("application/octet-stream", "upload.bin"));
    let content = in_memory(&upload.content);
    assert!(body.as_ptr_range().contains(&content.as_ptr()));
    let sent = encode(&params);
    assert!(sent.segments.iter().any(|segment| in_memory(segment).as_ptr() == content.as_ptr()));
    let sent = String::from_utf8(joined(&sent).to_vec()).unwrap();
    assert!(!sent.contains("me.exe") && !sent.contains("html"), "{sent}");
}

#[test]
fn param_27_an_empty_file_field_is_dropped_as_rails_drops_it() {
    let params = multipart(part("Content-Disposition: form-data; name=\"f\"; filename=\"\"")).unwrap();
    assert!(params.root.is_empty());
}

#[test]
fn a_tree_without_files_is_written_as_compact_json() {
    let params = form("prompt[text]=a \"cat\"&prompt[ids][]=1&prompt[ids][]=2").unwrap();
    let body = encode(&params);
    assert_eq!(body.content_type, "application/json");
    assert_eq!(joined(&body), r#"{"prompt":{"text":"a \"cat\"","ids":["1","2"]}}"#);
}

#[test]
fn each_multipart_body_has_a_boundary_of_its_own() {
    let mut params = Params::default();
    params.insert("file", Value::File(Upload::unjudged(Bytes::from_static(b"x"))));
    assert_ne!(encode(&params).content_type, encode(&params).content_type);
}

#[test]
fn a_list_of_objects_beside_a_file_keeps_its_elements_apart() {
    let mut params = json(r#"{"t":{"p":[{"a":1},{"b":true}],"ids":[1,2],"n":null}}"#).unwrap();
    params.insert("t[f]", Value::File(Upload::unjudged(Bytes::from_static(b"\r\n--X--"))));
    let back = read_back(&encode(&params));
    assert_eq!(back.get("t[p][0][a]"), Some(&Value::Text("1".into())));
    assert_eq!(back.get("t[p][1][b]"), Some(&Value::Text("true".into())));
    assert_eq!(back.get("t[f]"), params.get("t[f]"));
    assert_eq!(
        back.get("t[ids]"),
        Some(&Value::List(vec![Value::Text("1".into()), Value::Text("2".into())]))
    );
}

#[test]
fn a_hostile_key_cannot_leave_its_quotes() {
    let mut params = Params::default();
    params.root.insert("a\"\r\nX: y[callback]\\".into(), Value::Text("1".into()));
    params.insert("f", Value::File(Upload::unjudged(Bytes::new())));
    let back = read_back(&encode(&params));
    assert_eq!(back.root.keys().collect::<Vec<_>>(), ["a___X: y_callback__", "f"]);
}

#[test]
fn a_path_reaches_inserts_and_takes() {
    let mut params = Params::default();
    params.insert("prompt[callback]", Value::Text("u".into()));
    assert_eq!(params.get("prompt[callback]"), Some(&Value::Text("u".into())));
    assert_eq!(params.take("prompt[callback]"), Some(Value::Text("u".into())));
    assert_eq!(params.get("prompt[callback]"), None);
    assert_eq!(params.get("prompt[callback][x]"), None);
    assert_eq!(params.get("prompt"), Some(&Value::Object(Object::new())));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[^\\x00]{0,20}", "[a&=;\\[\\]%+ \r\n\"\\\\-]{0,12}"]
}

fn any_key() -> impl Strategy<Value = String> {
    "[a-z0-9_. é]{1,6}"
}

/// Trees that a form can spell: texts in objects, and lists of texts.
fn any_form_tree() -> impl Strategy<Value = Object> {
    let leaf = prop_oneof![
        any_text().prop_map(Value::Text),
        prop::collection::vec(any_text().prop_map(Value::Text), 1..4).prop_map(Value::List),
    ];
    let node = leaf.prop_recursive(3, 16, 4, |inner| {
        prop::collection::hash_map(any_key(), inner, 1..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    });
    prop::collection::hash_map(any_key(), node, 0..4).prop_map(|map| map.into_iter().collect())
}

fn pairs(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Text(text) => out.push((name.to_owned(), text.clone())),
        Value::List(list) => list.iter().for_each(|value| pairs(&format!("{name}[]"), value, out)),
        Value::Object(object) => {
            object.iter().for_each(|(key, value)| pairs(&format!("{name}[{key}]"), value, out));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn a_tree_means_the_same_in_every_encoding(root in any_form_tree(), file in prop::collection::vec(any::<u8>(), 0..64)) {
        let plain = Params { root: root.clone(), kind: ParamsKind::Json };
        prop_assert_eq!(&read_back(&encode(&plain)), &plain);

        let mut all = Vec::new();
        root.iter().for_each(|(key, value)| pairs(key, value, &mut all));
        let mut form = form_urlencoded::Serializer::new(String::new());
        all.iter().for_each(|(name, text)| { form.append_pair(name, text); });
        let read = parse_body(Some(b"application/x-www-form-urlencoded"), &form.finish().into(), &limits()).unwrap();
        prop_assert_eq!(&read.root, &root);

        let mut with_file = plain;
        with_file.insert("file!", Value::File(Upload::unjudged(file.into())));
        let read = read_back(&encode(&with_file));
        prop_assert_eq!(read.root, with_file.root);
    }

    #[test]
    fn no_input_makes_the_parsers_panic(body in prop::collection::vec(any::<u8>(), 0..256), text in any_text()) {
        for content_type in ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=X"] {
            for body in [Bytes::from(body.clone()), Bytes::from(text.clone()), part(&text).into()] {
                let _ = parse_body(Some(content_type.as_bytes()), &body, &limits());
            }
        }
        let _ = parse_query(&text, &limits());
        let _ = body_kind(Some(&body));
    }

    #[test]
    fn multer_reads_alike_what_is_accepted(
        names in prop::collection::vec("[a-z\\[\\]\"; =]{1,8}", 1..4),
        texts in prop::collection::vec("[a\r\nX-]{0,12}", 4),
        tail in "(|\r\n|junk)",
    ) {
        let mut body = String::new();
        for (name, text) in names.iter().zip(&texts) {
            body.push_str(&format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
        }
        body.push_str(&format!("--X--{tail}"));
        if let Ok(ours) = multipart(&body) {
            let theirs = multer_fields(body);
            let mut root = Object::new();
            for (name, text) in theirs {
                name::put(&mut root, &name::split(&name, &limits()).unwrap(), Value::Text(text)).unwrap();
            }
            prop_assert_eq!(ours.root, root);
        }
    }
}

fn multer_fields(body: String) -> Vec<(String, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let chunk = Ok::<_, std::convert::Infallible>(Bytes::from(body));
        let mut multipart = multer::Multipart::new(futures_util::stream::iter([chunk]), "X");
        let mut fields = Vec::new();
        while let Some(field) = multipart.next_field().await.unwrap() {
            let name = field.name().unwrap().to_owned();
            fields.push((name, field.text().await.unwrap()));
        }
        fields
    })
}
